"""The server, whose edits are held up: each makes the pipe that is named, and goes on once somebody has written there."""

import os
import subprocess
import sys

gate = sys.argv[1]
server = subprocess.Popen(["greenloop", "lsp"], stdout=subprocess.PIPE)
while line := server.stdout.readline():
    length = int(line.split(b":")[1])
    body = server.stdout.read(2 + length)
    if b'"workspace/applyEdit"' in body:
        os.mkfifo(gate)
        with open(gate, "rb") as pipe:
            pipe.read()
        os.remove(gate)
    sys.stdout.buffer.write(line + body)
    sys.stdout.buffer.flush()

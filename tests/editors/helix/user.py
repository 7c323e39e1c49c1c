"""The user of a scenario: does what is said in lines of JSON on one socket, in a Helix whose server is at another one.

Helix has no way in but its terminal, so this presses keys, has texts piped out, and waits for menus on the screen. What
Helix and the server say to each other passes through here, which tells what is listed and what is asked."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlparse

PATIENCE = 20
ROOT = Path.cwd()

CONFIG = """
[editor]
auto-pairs = false
auto-completion = false
auto-format = false
auto-info = false
continue-comments = false
insert-final-newline = false
lsp.auto-signature-help = false
[keys.normal]
C-t = ["select_all", {seen}]
[keys.insert]
C-q = "normal_mode"
"""
LANGUAGES = """
[language-server.greenloop]
command = {python}
args = [{script}, "bridge", {bridge}]
[[language]]
name = "python"
language-servers = ["greenloop"]
"""
SEEN, NORMAL, NEXT, ENTER, ABORT = "\x14", "\x11", "\x0e", "\r", "\x03"


class Terminal:
    """Helix at a terminal of its own."""

    def __init__(self, home: Path) -> None:
        self.tmux = ["tmux", "-S", str(home / "tmux")]
        self.seen = home / "seen"
        os.mkfifo(self.seen)
        # Both ends are open, so that nobody waits for the other one.
        self.pipe = os.open(self.seen, os.O_RDWR)
        config = Path(os.environ["XDG_CONFIG_HOME"]) / "helix"
        config.mkdir(parents=True)
        piped = json.dumps(f":pipe-to {{ cat; printf '\\0'; }} > {self.seen}")
        (config / "config.toml").write_text(CONFIG.format(seen=piped))
        ours = {"python": sys.executable, "script": str(Path(__file__).resolve()), "bridge": str(home / "bridge")}
        (config / "languages.toml").write_text(LANGUAGES.format(**{key: json.dumps(ours[key]) for key in ours}))

    def start(self, program: str) -> None:
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", program)
        # Ends it once we are gone, however that comes; the socket may be gone by then too.
        server = self.run("display-message", "-p", "#{pid}").strip()
        subprocess.Popen(["sh", "-c", 'read -r _; kill "$1"', "sh", server], stdin=subprocess.PIPE)
        self.until("[scratch]")

    def run(self, *command: str) -> str:
        return subprocess.run([*self.tmux, *command], check=True, capture_output=True, text=True).stdout

    def keys(self, keys: str) -> None:
        self.run("send-keys", "-l", "--", keys)

    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def until(self, part: str) -> None:
        begun = time.monotonic()
        while part not in self.screen():
            if time.monotonic() > begun + PATIENCE:
                raise RuntimeError(f"{part!r} is not shown:\n{self.screen()}")

    def text(self) -> str:
        """All of the text that is shown, once everything before has been done."""
        self.keys(SEEN)
        text = b""
        while not text.endswith(b"\0"):
            if not select.select([self.pipe], [], [], PATIENCE)[0]:
                raise RuntimeError(f"no text comes:\n{self.screen()}")
            text += os.read(self.pipe, 65536)
        return text[:-1].decode()


def read(stream) -> dict | None:
    """The next message."""
    length = 0
    while (line := stream.readline().strip()) or not length:
        if not line:
            return None
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(stream.read(length))


def path_of(uri: str) -> str:
    return os.path.relpath(unquote(urlparse(uri).path), ROOT)


class Link:
    """What Helix and the server say to each other."""

    def __init__(self, terminal: Terminal, hands: threading.Lock) -> None:
        self.terminal, self.hands = terminal, hands
        self.news = threading.Condition()
        self.texts: dict[str, str] = {}
        self.is_there = False
        self.saved = 0
        self.encoding = "utf-16-le"
        self.listing = None
        self.actions: list | None = None
        self.question: dict | None = None

    def start(self, bridge: socket.socket, server: str) -> None:
        """Waits for the bridge."""
        helix = bridge.accept()[0]
        self.is_there = True
        link = socket.socket(socket.AF_UNIX)
        link.connect(server)
        for source, target, hear in ((helix, link, self.hear_helix), (link, helix, self.hear_server)):
            threading.Thread(target=self.copy, args=(source, target, hear), daemon=True).start()

    def copy(self, source: socket.socket, target: socket.socket, hear) -> None:
        stream = source.makefile("rb")
        while (message := read(stream)) is not None:
            body = json.dumps(message).encode()
            send = partial(target.sendall, b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            if message.get("method") == "window/showMessageRequest":
                threading.Thread(target=self.ask, args=(send, message), daemon=True).start()
            else:
                self.pass_on(send, hear, message)
        target.close()

    def pass_on(self, send, hear, message: dict) -> None:
        with self.news:
            send()
            hear(message)
            self.news.notify_all()

    def ask(self, send, message: dict) -> None:
        # Nobody is asked anything with their hands on the keys: the next one would put the question away.
        with self.hands:
            self.pass_on(send, self.hear_server, message)
            self.terminal.until(message["params"]["actions"][-1]["title"])

    def hear_helix(self, message: dict) -> None:
        method, params = message.get("method"), message.get("params") or {}
        if method == "textDocument/codeAction":
            self.listing = message["id"]
        elif method == "textDocument/didSave":
            self.saved += 1
        elif method == "textDocument/didOpen":
            self.texts[path_of(params["textDocument"]["uri"])] = params["textDocument"]["text"]
        elif method == "textDocument/didClose":
            del self.texts[path_of(params["textDocument"]["uri"])]
        elif method == "textDocument/didChange":
            path = path_of(params["textDocument"]["uri"])
            for change in params["contentChanges"]:
                self.texts[path] = self.changed(self.texts[path], change)
        elif method is None and self.question and message["id"] == self.question["id"]:
            self.question = None

    def hear_server(self, message: dict) -> None:
        result = message.get("result")
        if message.get("method") == "window/showMessageRequest":
            self.question = message
        elif "method" not in message and message.get("id") == self.listing:
            self.listing, self.actions = None, result or []
        elif isinstance(result, dict) and "positionEncoding" in result.get("capabilities", {}):
            named = result["capabilities"]["positionEncoding"]
            self.encoding = named if named == "utf-8" else f"{named}-le"

    def changed(self, text: str, change: dict) -> str:
        if "range" not in change:
            return change["text"]
        start, end = (self.offset(text, change["range"][side]) for side in ("start", "end"))
        return text[:start] + change["text"] + text[end:]

    def offset(self, text: str, place: dict) -> int:
        line = 0
        for _ in range(place["line"]):
            line = text.index("\n", line) + 1
        units = {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[self.encoding] * place["character"]
        return line + len(text[line:].encode(self.encoding)[:units].decode(self.encoding))

    def until(self, what: str, is_so) -> None:
        with self.news:
            if not self.news.wait_for(is_so, PATIENCE):
                raise RuntimeError(f"{what} never happened:\n{self.terminal.screen()}")


def rank(action: dict) -> int:
    """How far down Helix lists an action, as its `lsp_code_action_priority` has it."""
    kinds = ["refactor.rewrite", "refactor.inline", "refactor.extract", "quickfix"]
    kind = action.get("kind", "")
    place = next((at for at, known in enumerate(kinds, 4) if kind.startswith(known)), 1 if kind else 0)
    return -(4 * place + 2 * bool(action.get("diagnostics")) + bool(action.get("isPreferred")))


class User:
    """Carries out orders, one at a time."""

    def __init__(self, home: Path) -> None:
        self.hands = threading.Lock()
        self.bridge = socket.socket(socket.AF_UNIX)
        self.bridge.bind(str(home / "bridge"))
        self.bridge.listen()
        self.terminal = Terminal(home)
        self.link = Link(self.terminal, self.hands)

    def go(self, path: str) -> None:
        self.terminal.keys(f":open {path}{ENTER}")

    def text(self, path: str) -> str:
        """What Helix shows of a file, once it has told all of it."""
        self.go(path)
        text = self.terminal.text()
        self.link.until(f"{path} is told as it is, {text!r}", lambda: self.link.texts.get(path) == text)
        return text

    def obey(self, order: dict) -> dict:
        with self.hands:
            if "path" in order and order["do"] != "open":
                if order["path"] not in self.link.texts:
                    raise RuntimeError(f"{order['path']} is not open")
                self.go(order["path"])
            return getattr(self, order["do"].replace("-", "_"))(order) or {"ok": True}

    def open(self, order: dict) -> None:
        self.go(order["path"])
        if not self.link.is_there:
            self.link.start(self.bridge, os.environ["LSP_SOCKET"])
        self.link.until("the opening", lambda: order["path"] in self.link.texts)

    def close(self, order: dict) -> None:
        self.terminal.keys(f":buffer-close!{ENTER}")
        self.link.until("the closing", lambda: order["path"] not in self.link.texts)

    def save(self, order: dict) -> None:
        saved = self.link.saved
        self.terminal.keys(f":write!{ENTER}")
        self.link.until("the saving", lambda: self.link.saved > saved)

    def undo(self, order: dict) -> None:
        self.terminal.keys("u")

    def redo(self, order: dict) -> None:
        self.terminal.keys("U")

    def type(self, order: dict) -> None:
        # Helix moves over any end of line as over one character, and makes of Enter what the text has.
        text = self.text(order["path"]).replace("\r\n", "\n")
        old, new = order["old"], order["new"]
        start = text.index(old)
        # People type no more than what is new.
        while old and new and old[0] == new[0]:
            old, new, start = old[1:], new[1:], start + 1
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        self.terminal.keys("gg" + (f"{start}l" if start else ""))
        if old:
            self.terminal.keys("v" + (f"{len(old) - 1}l" if len(old) > 1 else "") + ("c" if new else "d"))
        elif new:
            self.terminal.keys("i")
        if new:
            self.terminal.keys(new.replace("\n", ENTER) + NORMAL)
        self.text(order["path"])

    def command(self, order: dict) -> None:
        # What is shown may be a page, for which Helix knows no server.
        self.go(next(iter(self.link.texts)))
        arguments = " ".join(json.dumps(argument) for argument in order["arguments"])
        self.terminal.keys(f":lsp-workspace-command {order['name']} {arguments}".rstrip() + ENTER)

    def listed(self, order: dict) -> list:
        """The actions in the menu at some lines, which is then open if there is any."""
        self.terminal.keys(f":{order['first'] + 1}{ENTER}")
        if order["last"] != order["first"]:
            self.terminal.keys(f"v{order['last'] - order['first']}j")
        self.link.actions = None
        self.terminal.keys(" a")
        self.link.until("the listing", lambda: self.link.actions is not None)
        actions = sorted((action for action in self.link.actions if "disabled" not in action), key=rank)
        if actions:
            self.terminal.until(actions[0]["title"])
        return actions

    def actions(self, order: dict) -> dict:
        if order["automatic"]:
            return {"actions": []}
        actions = self.listed(order)
        if actions:
            self.terminal.keys(ABORT)
        if order["only"]:
            # All kinds are listed; one looks for those of a kind.
            kind = order["only"][0] + "."
            actions = [action for action in actions if f"{action['kind']}.".startswith(kind)]
        return {"actions": actions}

    def action(self, order: dict) -> dict:
        actions = self.listed(order)
        titles = [action["title"] for action in actions]
        chosen = next((at for at, title in enumerate(titles) if title.startswith(order["title"])), None)
        if actions:
            self.terminal.keys(ABORT if chosen is None else NEXT * chosen + ENTER)
        return {"chosen": chosen is not None}

    def lens(self, order: dict) -> dict:
        return {"chosen": False}

    def cancel_progress(self, order: dict) -> None:
        raise RuntimeError("Helix has no cancel at the progress")

    def answer(self, order: dict) -> None:
        self.hands.release()
        self.link.until("the question", lambda: self.link.question)
        self.hands.acquire()
        titles = [action["title"] for action in self.link.question["params"]["actions"]]
        choice = order.get("choice")
        self.terminal.keys(NEXT * titles.index(choice) + ENTER if choice else ABORT)
        self.link.until("the answer", lambda: not self.link.question)

    def look(self, order: dict) -> dict:
        # With a question open any key is an answer; what Helix has told is all there is to see.
        texts = dict(self.link.texts)
        if not self.link.question:
            texts = {path: self.text(path) for path in texts}
        return {"documents": [{"path": path, "text": text} for path, text in texts.items()]}


def bridge(path: str) -> None:
    """In place of the server that Helix starts."""
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)

    def pass_on() -> None:
        while data := os.read(0, 65536):
            link.sendall(data)

    threading.Thread(target=pass_on, daemon=True).start()
    while data := link.recv(65536):
        os.write(1, data)


def main(program: str) -> None:
    home = Path(os.environ["HOME"])
    home.mkdir(exist_ok=True)
    user = User(home)
    user.terminal.start(program)
    said = socket.socket(socket.AF_UNIX)
    said.connect(os.environ["USER_SOCKET"])
    for line in said.makefile("r"):
        try:
            answer = user.obey(json.loads(line))
        except Exception as fault:
            answer = {"error": f"{fault!r}"}
        said.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    bridge(sys.argv[2]) if sys.argv[1] == "bridge" else main(sys.argv[1])

"""Times aider's repository map: ROOT CACHE TOKENS, relative paths on standard input; the last line printed is JSON.

Nothing is written below ROOT. Counting tokens costs next to nothing here, which favours aider.
"""

import json
import os
import resource
import sys
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from aider.repomap import RepoMap  # noqa: E402


class Io:
    def read_text(self, name, silent=False):
        try:
            with open(name, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeError):
            return None

    def tool_output(self, *_, **__):
        pass

    tool_warning = tool_error = tool_output


class Model:
    def token_count(self, text):
        return len(text) // 4


def main():
    root, cache, tokens = sys.argv[1], sys.argv[2], int(sys.argv[3])
    files = [os.path.join(root, line.rstrip("\n")) for line in sys.stdin]
    RepoMap.TAGS_CACHE_DIR = cache

    def repo_map():
        return RepoMap(map_tokens=tokens, root=root, io=Io(), main_model=Model())

    def shown(one, focus, force_refresh=False):
        started = time.monotonic(), time.process_time()
        others = [file for file in files if file != focus]
        text = one.get_repo_map([focus], others, force_refresh=force_refresh)
        if not text:
            sys.exit("no map was made")
        return time.monotonic() - started[0], time.process_time() - started[1]

    focus = [files[(at + 1) * len(files) // 12] for at in range(2)]
    one = repo_map()
    figures = {"cold": shown(one, focus[0])}
    figures["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["warm"] = shown(one, focus[1])
    # A file counts as edited when its time is another one. Unless forced, the map from before the edit is given again.
    time_of = one.get_mtime
    one.get_mtime = lambda name: (time_of(name) or 0) + (name == focus[0])
    figures["edit"] = shown(one, focus[0], force_refresh=True)
    figures["reopened"] = shown(repo_map(), focus[0])
    print(json.dumps(figures))


main()

#!/usr/bin/env python3
"""Times and memory of each page of a server, with many versions and files.

    cargo build --release
    benches/pages.py                                # 500 versions of 400 files, then 5,000 versions
    benches/pages.py --versions 500 --requests 50

Each page is asked for over a connection of its own: once after the start of a new server, which reads the history then,
and then again and again. The time is that of the whole answer on this machine; the memory is the most that the server had
resident (VmHWM) after all requests for that page, above what it had after its start.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.request

from against_git import make_agent
from measure import ENV, LUA

# 195 skills with a helper each, ten notes, the entry and package.json: 402 files.
SKILLS = 195
PAGES = [
    "/bench",
    "/bench?page=5",
    "/bench/-/versions/{newest}",
    "/bench/-/compare/v{before}...v{newest}",
    "/bench/-/compare/v1...v{newest}",
    "/bench/-/files/v{newest}",
    "/bench/-/files/v{newest}/src/skills/s1.skill.ts",
    "/bench/-/persona",
    "/bench/-/source/v{newest}",
    "/bench/-/ledger",
    "/bench/-/search?q=Words",
]


def lua(root, *words):
    subprocess.run([LUA, *words], cwd=root, env=ENV, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def edit(root, number):
    """Another description of one skill, and every tenth time another persona."""
    skill = root / f"src/skills/s{number % SKILLS}.skill.ts"
    head, _, rest = skill.read_text().partition(", edition ")
    skill.write_text(f"{head}, edition {number}{rest[rest.index(chr(39)):]}")
    if number % 10 == 0:
        index = root / "src/index.ts"
        index.write_text(index.read_text().replace("You are a bench.", f"You are a bench. You know {number}.", 1))


class Server:
    def __init__(self, data):
        words = [LUA, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--log-level", "error", "--data", data]
        self.child = subprocess.Popen(words, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.child.stdout.readline().strip()

    def peak(self):
        for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0

    def ask(self, path):
        """Milliseconds and bytes of one answer."""
        request = urllib.request.Request(self.url + path, headers={"Accept": "text/html"})
        start = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            size = len(answer.read())
        return (time.perf_counter() - start) * 1000, size

    def stop(self):
        self.child.kill()
        self.child.wait()


def measure(data, count, requests):
    print(f"\n{count} versions\n\n| page | first | least | median | kB | MiB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for page in PAGES:
        path = page.format(newest=count, before=count - 1)
        server = Server(data)
        try:
            before = server.peak()
            first, size = server.ask(path)
            times = [server.ask(path)[0] for _ in range(requests)]
            memory = server.peak() - before
            print(f"| `{page}` | {first:.1f} | {min(times):.1f} | {statistics.median(times):.1f} | {size / 1000:.0f} | {memory:.1f} |",
                  flush=True)
        except OSError as error:
            print(f"| `{page}` | {error} |", flush=True)
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--requests", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, data, count = pathlib.Path(folder) / "project", pathlib.Path(folder) / "data", 0
        root.mkdir()
        make_agent(root, SKILLS)
        lua(root, "init")
        lua(root, "remote", "add", "origin", f"{data}/bench")
        for wanted in args.versions:
            while count < wanted:
                count += 1
                edit(root, count)
                lua(root, "push", "--offline")
                lua(root, "version", "create", "--offline")
            lua(root, "push")
            lua(root, "version", "promote", f"v{count - 1}")
            measure(data, count, args.requests)


if __name__ == "__main__":
    main()

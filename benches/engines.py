#!/usr/bin/env python3
"""Times of a push, a promotion and a fetch with nothing new, for each engine of a server, in shuffled turns.

    cargo build --release
    benches/engines.py                              # the folder, and PostgreSQL of Debian's package, with fsync
    tools/ceph-bucket benches/engines.py            # also a bucket of Ceph alone, and PostgreSQL with packs in that bucket

Each engine has a server of its own on this machine, and an agent of 82 files of which one is changed before each push. The time
is that of the whole command.
"""

import argparse
import contextlib
import os
import pathlib
import random
import socket
import statistics
import subprocess
import tempfile
import time

from against_git import make_agent
from measure import ENV, LUA

# With a helper each, ten notes, the entry and package.json: 82 files.
SKILLS = 35
BUCKET = os.environ.get("LUA_STORE_TEST_S3")
KEYS = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if name in os.environ}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def as_postgres(line):
    """PostgreSQL refuses to run as root."""
    words = ["su", "postgres", "-s", "/bin/sh", "-c", line] if os.getuid() == 0 else ["sh", "-c", line]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def postgres(folder):
    """A server with databases `one` and `two`, or `None` where the package is not installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        yield None
        return
    programs, data, port = found[-1], folder / "postgres", free_port()
    options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1"
    as_postgres(f"{programs}/initdb -A trust -U bench -D {data}")
    as_postgres(f"{programs}/pg_ctl -w -D {data} -l {data}/log -o '{options}' start")
    try:
        for name in ("one", "two"):
            as_postgres(f"{programs}/createdb -U bench -h 127.0.0.1 -p {port} {name}")
        yield f"postgres://bench@127.0.0.1:{port}"
    finally:
        as_postgres(f"{programs}/pg_ctl -m fast -D {data} stop")


def places(folder, database):
    """Options of `serve` by the name of the engine."""
    named = {"folder": ["--data", folder / "data"]}
    if database:
        named["PostgreSQL"] = ["--store", f"{database}/one?sslmode=disable"]
    if BUCKET:
        endpoint, bucket = BUCKET.rsplit("/", 1)
        named["bucket"] = ["--store", f"s3://{bucket}/alone?endpoint={endpoint}"]
        packs = ["--packs", f"s3://{bucket}/packs?endpoint={endpoint}"]
        if database:
            named["PostgreSQL + bucket"] = ["--store", f"{database}/two?sslmode=disable", *packs]
    return named


class Site:
    """A server on an engine, and a project that pushes to it."""

    def __init__(self, folder, name, options):
        scratch = ["--scratch", folder / f"scratch {name}"] if "--store" in options else []
        words = [LUA, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--log-level", "error", *options, *scratch]
        self.child = subprocess.Popen(words, env={**ENV, **KEYS}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.root = folder / f"project {name}"
        self.root.mkdir()
        make_agent(self.root, SKILLS)
        url = self.child.stdout.readline().strip()
        for words in (["init"], ["remote", "add", "origin", f"{url}/shop"], ["push"], ["version", "create"], ["push"]):
            self.lua(*words)

    def lua(self, *words):
        start = time.perf_counter()
        subprocess.run([LUA, *words], cwd=self.root, env=ENV, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return (time.perf_counter() - start) * 1000

    def turn(self, number):
        """Milliseconds of each command."""
        skill = self.root / f"src/skills/s{number % SKILLS}.skill.ts"
        head, _, rest = skill.read_text().partition(", edition ")
        skill.write_text(f"{head}, edition {number}{rest[rest.index(chr(39)):]}")
        push = self.lua("push")
        self.lua("version", "create")
        self.lua("push")
        return {"push": push, "promote": self.lua("version", "promote", f"v{number + 1}", "--force"), "fetch": self.lua("fetch")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        with postgres(folder) as database, contextlib.ExitStack() as ended:
            sites = {}
            for engine, options in places(folder, database).items():
                sites[engine] = Site(folder, engine, options)
                ended.callback(sites[engine].child.terminate)
            times = {engine: [] for engine in sites}
            for number in range(1, args.turns + 1):
                for engine in random.sample(list(sites), len(sites)):
                    times[engine].append(sites[engine].turn(number))
        print("| engine | " + " | ".join(f"{what}, least / median | : folder" for what in ("push", "promote", "fetch")) + " |")
        print("| --- |" + " ---: |" * 6)
        for engine, rows in times.items():
            cells = []
            for what in ("push", "promote", "fetch"):
                mine, folders = ([row[what] for row in times[one]] for one in (engine, "folder"))
                cells += [f"{min(mine):.1f} / {statistics.median(mine):.1f}", f"{statistics.median(mine) / statistics.median(folders):.2f}"]
            print(f"| {engine} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

"""Measures commands that read an agent on the Lua platform, against the stub of the tests.

    cargo build --release --bin lua-store --bench platform_stub
    python3 benches/platform.py [--runs 5] [--delay-ms 50] [--versions 500] [--backups 500] [--blobs 1600]

`LUA_STORE` and `PLATFORM_STUB` name other programs. Each clone is one into a new folder; fetch, `sync --check`, `remote verify`
and `diff platform` follow in the last of them, where nothing is new.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import ENV, HERE, LUA, Run

# The seeded code has none of the skills that somebody pushed, so that comparisons find differences.
READS = ["fetch", "sync --check || true", "remote verify || true", "diff platform || true", "status"]


def stub_program():
    named = os.environ.get("PLATFORM_STUB")
    built = (HERE / "target" / "release" / "deps").glob("platform_stub-*")
    programs = [pathlib.Path(named)] if named else [one for one in built if one.suffix == ""]
    if not programs:
        sys.exit("build the stub first: cargo build --release --bench platform_stub")
    return max(programs, key=lambda one: one.stat().st_mtime)


class Stub:
    """A platform of its own, with one seeded agent."""

    def __init__(self, options):
        words = [stub_program()]
        for name in ("versions", "backups", "blobs", "delay_ms"):
            words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.field("address")
        ENV["LUA_API_KEY"] = self.field("key")
        self.seed = self.process.stdout.readline().strip()

    def field(self, name):
        word, value = self.process.stdout.readline().split()
        assert word == name, word
        return value

    def requests(self):
        """Number of requests since the last call."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.field("requests"))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def row(name, runs, requests):
    walls = [run.wall for run in runs]
    peak = max(run.peak for run in runs) / (1 << 20)
    cpu = min(run.cpu for run in runs)
    print(f"| `{name}` | {min(walls):.3f} | {statistics.median(walls):.3f} | {cpu:.3f} | {peak:.0f} | {requests} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name, value in [("runs", 5), ("delay-ms", 0), ("versions", 500), ("backups", 500), ("blobs", 1600)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    stub = Stub(options)
    folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR", "/tmp")))
    try:
        print(f"{stub.seed}, delay {options.delay_ms} ms, load {os.getloadavg()[0]:.1f}")
        print("| command | least s | median s | processor s | peak MiB | requests |")
        print("| --- | --- | --- | --- | --- | --- |")
        clones = []
        for at in range(options.runs):
            shutil.rmtree(folder / str(at - 1), ignore_errors=True)
            stub.requests()
            clones.append(Run([LUA, "clone", stub.address, folder / str(at)], folder))
            asked = stub.requests()
        row("clone", clones, asked)
        for line in READS:
            runs = []
            for _ in range(options.runs * 3):
                runs.append(Run(f"{LUA} {line}", folder / str(options.runs - 1)))
                asked = stub.requests()
            row(line.split(" ||")[0], runs, asked)
    finally:
        stub.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

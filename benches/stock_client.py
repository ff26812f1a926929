#!/usr/bin/env python3
"""What the requests of the stock `lua` command cost `lua-store serve`, and whether many of its users at once lose anything.

    cargo build --release
    benches/stock_client.py speed                           # the flows of one person, and 500 versions
    benches/stock_client.py people --minutes 3              # two people and a third with lua-store, at one agent
    benches/stock_client.py people --minutes 3 --lua DIR    # the same with the command itself (DIR: a node_modules folder)

`speed` plays the requests without the command, which needs 1.5 s to start, one after the other. Times are those of the server's own log, syncs
included. `people` exits with 1 if a number was given twice, something acknowledged is missing, an agent version is not the state of one source
version, or `fsck` finds something. Works in a temporary folder below --work. Needs Python 3.9.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import stock_people
from stock_player import Agent, Player

HERE = pathlib.Path(__file__).resolve().parent.parent
LUA = pathlib.Path(os.environ.get("LUA_STORE", HERE / "target" / "release" / "lua-store")).resolve()
AGENT = "shop"


class Server:
    """A server on loopback, and its log."""

    def __init__(self, work):
        self.data, self.log = work / "data", work / "log"
        self.data.mkdir()
        with open(self.log, "wb") as log:
            serve = [LUA, "serve", "--listen", "127.0.0.1:0", "--data", self.data]
            self.process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url, self.read = self.process.stdout.readline().strip(), 0

    def token(self, who, scope="promote"):
        words = [LUA, "serve", "token", "create", "--agent", AGENT, "--scope", scope, "--for", who, "--data", self.data]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[0]

    def since(self):
        """The requests of the log since the last look."""
        time.sleep(0.05)
        with open(self.log, encoding="utf-8") as log:
            log.seek(self.read)
            lines = [json.loads(line) for line in log if line.startswith("{")]
            self.read = log.tell()
        return [line for line in lines if line["event"] == "request"]

    def resident(self):
        """Resident memory, and that part of it that is no map of a file, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(status.split(f"{name}:")[1].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")]

    def packs(self):
        """Pack files of the agent. Packs that are retired go with the next upkeep."""
        return sum(1 for _ in self.data.rglob("*.pack"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def route(line):
    """Method and path without what is different each time."""
    path = re.sub(r"/(?:[0-9a-f]{64}|[0-9a-f]{24}|[0-9a-f]{16})(?=/|$)", "/ID", line["path"])
    path = re.sub(rf"/{AGENT}\w*", "/:a", re.sub(r"/\d+\.\d+\.\d+", "/VERSION", path))
    return f"{line['method']} {re.sub(r'/[0-9]+(?=/|$)', '/N', path)}"


def table(heading, rows):
    print("\n| " + " | ".join(heading) + " |\n|" + " --- |" * len(heading))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def flows(server, rounds):
    """Each flow so many times: the requests, and the sum of their times in the log."""
    rows, sums, slowest = [], {}, {}

    def measure(name, play):
        server.since()
        packs = server.packs()
        play()
        lines = server.since()
        sums.setdefault(name, []).append((sum(line["ms"] for line in lines), len(lines), server.packs() - packs))
        for line in lines:
            slowest.setdefault(name, {}).setdefault(route(line), []).append(line["ms"])

    for number in range(rounds):
        # A new agent each time, so that each first push is one.
        player = Player(server.url, server.many, f"{AGENT}{number}", Agent())
        measure("first `push all`", player.push_all)
        measure("`push all`, unchanged", player.push_all)
        measure("`version create`", lambda: player.create("one"))
        measure("`version promote`", lambda: player.promote(1))
        measure("`source rollback`", lambda: player.rollback(1))
        measure("`sync --check`", player.check)
    wanted = {"first `push all`": 200, "`push all`, unchanged": 100, "`source rollback`": 60, "`sync --check`": 20}
    for name, all in sums.items():
        times = [took for took, _, _ in all]
        rows.append((name, all[0][1], f"{min(times):.1f} / {statistics.median(times):.1f} ms", f"≤ {wanted[name]} ms" if name in wanted else "",
                     max(packs for _, _, packs in all)))
    table(("flow", "requests", "time", "target", "packs more"), rows)
    for name in ("first `push all`", "`push all`, unchanged", "`source rollback`", "`sync --check`"):
        costly = sorted(slowest[name].items(), key=lambda pair: -sum(pair[1]))[:8]
        table((name, "times", "ms each (median)", "ms together in one round"),
              [(path, len(all) // rounds, f"{statistics.median(all):.2f}", f"{sum(all) / rounds:.1f}") for path, all in costly])


def grown(server, versions, samples):
    """Agent versions, in each of which 30 primitives have a new number; then each GET."""
    agent = Agent(skills=26, tools=26, others=1, files=120)
    assert len(agent.primitives) == 30
    player = Player(server.url, server.many, f"{AGENT}many", agent)
    start = time.monotonic()
    for number in range(versions):
        for primitive in agent.primitives[number % 3::3]:
            agent.write(primitive, f"Edition {number}")
        player.push_all(bundles=number == 0)
        player.create(f"edition {number}")
        if number % 10 == 0:
            player.promote(number + 1)
    print(f"\n{versions} versions made in {time.monotonic() - start:.0f} s")
    server.since()
    id, base = player.id, player.base
    skill = player.ask("GET", f"/developer/skills/{id}")["skills"][0]["id"]
    gets = {"#1": f"/developer/skills/{id}", "#1 of jobs": f"/developer/jobs/{id}", "#6": f"{base}/mcp-servers", "#9": f"/admin/agents/{id}",
            "#11": f"{base}/persona/versions", "#20": f"{base}/backup", "#21": f"{base}/backup/manifest", "#21 ?version": f"{base}/backup/manifest?version=7",
            "#22": f"{base}/backup/versions", "#22 ?all": f"{base}/backup/versions?all=true", "#24": f"{base}/versions",
            "#24 ?all": f"{base}/versions?all=true&status=all", "#25": f"{base}/versions/{versions}", "#25 old": f"{base}/versions/7",
            "#26": f"{base}/versions/diff?from=7&to={versions}", "#30": "/admin/me/authorization", "#31": "/admin/me/authorization/context",
            "#33": f"/developer/skills/{id}/{skill}/versions"}
    rows = []
    for name, path in gets.items():
        server.since()
        for _ in range(samples):
            player.ask("GET", path)
        lines = server.since()
        times = sorted(line["ms"] for line in lines)
        limit = {"#25": 5, "#25 old": 5, "#26": 10}.get(name, 10)
        rows.append((name, path.replace(id, ":a"), f"{times[len(times) // 2]:.2f}", f"{times[int(len(times) * 0.95)]:.2f} ms", f"≤ {limit} ms", lines[0]["sent"]))
    table(("route", "path", "median", "p95", "target", "bytes"), rows)
    rows, sums = [], {}
    for number in range(15):
        for primitive in agent.primitives[number % 3::3]:
            agent.write(primitive, f"Later edition {number}")
        for name, play in (("`push all`", player.push_all), ("`version create`", lambda: player.create("again")), ("`sync --check`", player.check)):
            server.since()
            play()
            lines = server.since()
            sums.setdefault(name, []).append((sum(line["ms"] for line in lines), len(lines)))
    for name, all in sums.items():
        times = [took for took, _ in all]
        rows.append((name, all[0][1], f"{min(times):.1f} / {statistics.median(times):.1f} ms"))
    table((f"flow after {versions} versions of 30 primitives", "requests", "least / median"), rows)


def memory(server, pushes):
    """Memory and packs over many pushes."""
    player = Player(server.url, server.many, f"{AGENT}memory", Agent())
    player.push_all()
    before, times = server.resident(), []
    for number in range(pushes):
        player.agent.write(player.agent.primitives[number % 7], f"Edition {number}")
        server.since()
        player.push_all(bundles=number % 50 == 0)
        times.append(sum(line["ms"] for line in server.since()))
        if (number + 1) % max(1, pushes // 5) == 0:
            now = server.resident()
            last = times[-max(1, pushes // 5):]
            print(f"after {number + 1:5} pushes: resident {now[0]:.1f} MiB ({now[0] - before[0]:+.1f}), anonymous {now[1]:.1f} MiB ({now[1] - before[1]:+.1f}), "
                  f"{server.packs()} packs of all agents, a push {statistics.median(last):.1f} ms")


def speed(args, work):
    server = Server(work)
    words = [LUA, "serve", "token", "create", "--agent", f"{AGENT}*", "--scope", "promote", "--for", "ana@example.com", "--data", server.data]
    server.many = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[0]
    try:
        if "flows" in args.parts:
            flows(server, args.rounds)
        if "memory" in args.parts:
            memory(server, args.pushes)
        if "grown" in args.parts:
            grown(server, args.versions, args.samples)
        print(f"\nLoad average: {' '.join(f'{part:.1f}' for part in os.getloadavg())}.")
    finally:
        server.stop()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "people"])
    parser.add_argument("--parts", nargs="+", default=["flows", "memory", "grown"], help="parts of speed")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pushes", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=500)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", default="people")
    parser.add_argument("--lua", type=pathlib.Path, help="a node_modules folder with lua-cli")
    parser.add_argument("--work", default=None, help="folder for temporary files")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.work) as work:
        work = pathlib.Path(work)
        sys.exit(speed(args, work) if args.what == "speed" else stock_people.people(Server(work), args, work))


if __name__ == "__main__":
    main()

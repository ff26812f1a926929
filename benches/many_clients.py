#!/usr/bin/env python3
"""Many clients push, pull and promote at one server at once, for minutes. Then all that was acknowledged is looked for.

    cargo build --release
    python3 benches/many_clients.py [--clients 8] [--seconds 120] [--bin target/release/lua-store]

Each client changes a job of its own, pushes (after a refusal it pulls and pushes again), and now and then makes a version and
promotes it. Counts and times are printed; the exit code is 1 when anything acknowledged is missing, a number has a gap or a double,
or `fsck` finds something.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
JOB = """import {{ LuaJob }} from 'lua-cli';

export default new LuaJob({{
  name: 'job{name}', description: '{text}',
  schedule: {{ type: 'cron', expression: '0 3 * * *' }}, execute: async () => ({{ done: true }}),
}});
"""


class Client:
    def __init__(self, args, name, folder, home):
        self.bin, self.name, self.folder = args.bin, name, folder
        self.env = {**os.environ, "HOME": str(home), "LUA_STORE_AUTHOR": f"client{name}@example.com", "NO_COLOR": "1"}
        self.counts, self.acknowledged, self.times = collections.Counter(), [], []

    def run(self, *words):
        start = time.monotonic()
        done = subprocess.run([self.bin, *words], cwd=self.folder, env=self.env, capture_output=True, text=True)
        self.counts[f"{words[0]} exit {done.returncode}"] += 1
        return done, time.monotonic() - start

    def insist(self, *words):
        """Runs a command until the server takes it; after each refusal what others did is brought here."""
        start = time.monotonic()
        while True:
            done, _ = self.run(*words, "--json")
            if done.returncode == 0:
                self.times.append(time.monotonic() - start)
                return json.loads(done.stdout)
            if done.returncode not in (1, 11):
                raise SystemExit(f"{words} ended with {done.returncode}: {done.stderr}")
            self.counts["refused"] += 1
            pulled, _ = self.run("pull", "--ours")
            if pulled.returncode not in (0, 1, 11):
                raise SystemExit(f"pull ended with {pulled.returncode}: {pulled.stderr}")
            if time.monotonic() - start > 120:
                raise SystemExit(f"client {self.name} is stuck: {done.stderr} {pulled.stderr}")

    def sources(self):
        done, _ = self.run("source", "list", "--all", "--json")
        return {entry["version"]: entry["id"] for entry in json.loads(done.stdout)["sourceVersions"]}

    def take_turns(self, until):
        turn = 0
        while time.monotonic() < until:
            (self.folder / f"src/jobs/job{self.name}.ts").write_text(JOB.format(name=self.name, text=f"turn {turn}"))
            sent = self.insist("push")
            numbers, ids = sent["remote"]["sourceVersions"], self.sources()
            self.acknowledged += [(number, ids[number]) for number in numbers]
            if (turn + self.name) % 3 == 0:
                self.run("version", "create", "-m", f"turn {turn}")
                promoted = self.insist("version", "promote", "latest")
                self.counts["promotions"] += promoted["changed"]
            turn += 1
        self.counts["turns"] = turn


def base(args, scratch):
    """A project with one job per client, pushed to a folder that is served then."""
    project = scratch / "base"
    (project / "src/jobs").mkdir(parents=True)
    names = range(args.clients)
    for name in names:
        (project / f"src/jobs/job{name}.ts").write_text(JOB.format(name=name, text="begins"))
    imports = "".join(f"import job{name} from './jobs/job{name}';\n" for name in names)
    jobs = ", ".join(f"job{name}" for name in names)
    agent = f"new LuaAgent({{ name: 'shop', persona: 'You are Ava.', model: 'openai/gpt-4o', jobs: [{jobs}] }})"
    (project / "src/index.ts").write_text(f"import {{ LuaAgent }} from 'lua-cli';\n{imports}\nexport const agent = {agent};\n")
    client = Client(args, "base", project, scratch)
    for line in ("init", "remote add origin ../data/agent_shop", "push", "version create -m first", "version promote 1"):
        done, _ = client.run(*line.split())
        if done.returncode:
            raise SystemExit(f"{line}: {done.stderr}")
    return project


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--bin", type=lambda path: str(pathlib.Path(path).resolve()), default=str(HERE / "target/release/lua-store"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(play(args, pathlib.Path(scratch)))


def play(args, scratch):
    project = base(args, scratch)
    serve = [args.bin, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--data", str(scratch / "data")]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = f"{server.stdout.readline().strip()}/agent_shop"
        clients = []
        for name in range(args.clients):
            shutil.copytree(project, scratch / f"client{name}", symlinks=True)
            clients.append(Client(args, name, scratch / f"client{name}", scratch))
            clients[-1].run("remote", "set-url", "origin", url)
        start = time.monotonic()
        threads = [threading.Thread(target=client.take_turns, args=(start + args.seconds,)) for client in clients]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        return judge(clients, url, scratch, time.monotonic() - start)
    finally:
        server.terminate()
        server.wait()


def judge(clients, url, scratch, seconds):
    counts = sum((client.counts for client in clients), collections.Counter())
    times = sorted(took for client in clients for took in client.times)
    done, _ = clients[0].run("clone", url, str(scratch / "clone"))
    fresh = Client(argparse.Namespace(bin=clients[0].bin), "clone", scratch / "clone", scratch)
    there = fresh.sources()
    acknowledged = [pair for client in clients for pair in client.acknowledged]
    numbers = [number for number, _ in acknowledged]
    records = len(json.loads(fresh.run("log", "--ledger", "--json")[0].stdout)["records"])
    wrong = {
        "clone failed": done.returncode,
        "acknowledged and not there": sum(there.get(number) != id for number, id in acknowledged),
        "numbers acknowledged twice": len(numbers) - len(set(numbers)),
        "gaps": len(set(range(1, len(there) + 1)) ^ set(there)),
        "there and acknowledged to nobody": len(set(there) - set(numbers) - {1}),
        "ledger records too many or too few": records - 1 - counts["promotions"],
        "clients without all": sum(client.run("pull", "--ours")[0].returncode != 0 for client in clients),
        "fsck": sum(client.run("fsck")[0].returncode != 0 for client in [*clients, fresh]),
    }
    print(f"{len(clients)} clients, {seconds:.0f} s: {len(numbers)} source versions and {counts['promotions']} promotions acknowledged,"
          f" {counts['refused']} refused and tried again")
    print(f"until taken: median {times[len(times) // 2]:.2f} s, longest {times[-1]:.2f} s;"
          f" {len(numbers) / seconds:.1f} source versions a second")
    print("turns of each client:", *(client.counts["turns"] for client in clients))
    print("commands:", ", ".join(f"{word} {count}" for word, count in sorted(counts.items()) if " exit " in word))
    for what, count in wrong.items():
        print(f"{what}: {count}")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    main()

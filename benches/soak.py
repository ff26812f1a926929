#!/usr/bin/env python3
"""Good and bad clients at one server, for minutes: what the good ones feel, and what it costs.

    cargo build --release
    pip install -r tests/client/requirements.txt
    python3 benches/soak.py [--minutes 10] [--bin target/release/lua-store]

64 clients over loopback: 24 tenants with an agent each, 16 that push to one hot agent as fast as they can, 8 that read a large answer
slowly, 8 that send garbage, 8 that hold 40 connections each and say nothing. First the tenants are alone, for a tenth of the time; in
the next four tenths the server is killed with SIGKILL and started again, six times (`--kills`); the last half is for memory. The clients that are not
tenants run niced, as they would be on other machines. Then all that was acknowledged is looked for. The exit code is 1 when something is
missing, twice there, or damaged.
"""

import argparse
import collections
import datetime
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "tests/client"))
import blake3  # noqa: E402
import msgpack  # noqa: E402
import client as library  # noqa: E402
from client import put  # noqa: E402
from pack import BLOB, FILE, FOLDER, TREE, encode_pack, encode_tree  # noqa: E402

TENANTS, HOT, SLOW, GARBAGE, IDLE = 24, 16, 8, 8, 8


class Known:
    """What a client knows of an agent; the digest of it without walking all of it each time."""

    def __init__(self):
        self.count, self.parts, self.ids = [0, 0, 0], [b"", b"", b"", b""], []

    def query(self):
        return "after={},{},{}".format(*self.count) + f"&digest={blake3.blake3(b''.join(self.parts)).hexdigest()}"

    def take(self, refs):
        if not any(refs.get("after", [0])):
            self.__init__()
        receipts = refs.get("receipts", {"tokens": [], "list": []})
        self.ids += refs["source"]
        new = (b"".join(map(bytes.fromhex, refs["source"])), b"".join(map(bytes.fromhex, refs["versions"])),
               b"".join(n.to_bytes(8, "little") for one in receipts["list"] for n in one),
               b"".join(f"{id}\0{name}\0".encode() for id, name in receipts["tokens"]))
        self.parts = [old + more for old, more in zip(self.parts, new)]
        self.count = [n + len(more) for n, more in zip(self.count, (refs["source"], refs["versions"], receipts["list"]))]


class Worker:
    """One client: its agent, its token, and what it was told."""

    def __init__(self, name, url, agent, token, report):
        self.name, self.agent, self.report = name, agent, report
        self.remote = library.Remote(f"{url}/{agent}", token, 1_000_000)
        self.known, self.files, self.turn = Known(), {}, 0

    def refs(self):
        _, data = self.remote.insist((200,), "GET", f"/refs?{self.known.query()}")
        self.known.take(json.loads(data))

    def fetch(self):
        if self.known.ids:
            self.remote.fetch(self.known.ids[-1:], self.known.ids[-4:-1])

    def source(self, size):
        """A new source version with one file of this client changed, and the objects that it brings."""
        self.turn += 1
        objects = {}
        name = f"{self.name}-{self.turn % 16}.txt"
        self.files[name] = (FILE, put(objects, BLOB, secrets.token_hex(size // 2).encode()))
        state = put(objects, TREE, encode_tree({"versions.json": (FILE, put(objects, BLOB, b"{}"))}))
        record = {"by": self.name, "at_ms": library.now(), "triggered_by": "soak", "message": f"turn {self.turn}", "highest": {},
                  "unread": "a soak has no agent"}
        entries = {"record": (FILE, put(objects, BLOB, msgpack.packb(record))), "state": (FOLDER, state),
                   "source": (FOLDER, put(objects, TREE, encode_tree(self.files)))}
        return put(objects, TREE, encode_tree(entries)).hex(), encode_pack(objects)

    def push(self, size):
        before = dict(self.files)
        try:
            self.send(*self.source(size))
        except Exception:
            # What did not arrive must not be leaned upon: the blobs of this turn are in no other pack.
            self.files = before
            raise

    def send(self, id, pack):
        name, txn, after = self.remote.upload(pack), secrets.token_hex(16), self.known.count[0]
        while True:
            body = json.dumps({"txn": txn, "pack": name, "source": {"after": after, "ids": [id]}})
            _, data = self.remote.insist((200, 409), "POST", f"/transactions?{self.known.query()}", body)
            outcome = json.loads(data)
            refused = outcome.get("refused")
            if refused in ("no_pack", "busy"):
                self.remote.upload(pack)
                continue
            if refused and "moved" not in refused:
                raise library.Failed(f"refused: {refused}")
            self.known.take(refused["moved"] if refused else outcome["done"])
            if id in self.known.ids[-5000:]:
                self.report.acknowledged.append((self.agent, self.known.ids.index(id, -min(5000, len(self.known.ids))), id, len(pack)))
                return
            txn, after = secrets.token_hex(16), self.known.count[0]


class Report:
    """What one process saw, for the parent."""

    def __init__(self):
        self.times, self.acknowledged, self.counts = [], [], collections.Counter()

    def timed(self, what, do):
        start = time.monotonic()
        try:
            do()
            self.times.append((what, start, time.monotonic()))
        except (library.Failed, OSError, http.client.HTTPException, ValueError, KeyError) as error:
            self.counts[f"{what} failed: {str(error)[:90]}"] += 1
            time.sleep(0.5)


def tenant(worker, until):
    do = [("refs", worker.refs), ("push", lambda: worker.push(16_000)), ("fetch", worker.fetch)]
    while time.monotonic() < until:
        what, how = random.choices(do, (4, 4, 2))[0]
        worker.report.timed(what, how)
        time.sleep(random.uniform(0.5, 1.5))


def hot(worker, until):
    while time.monotonic() < until:
        worker.report.timed("hot push", lambda: worker.push(4_000))


def slow(worker, until):
    """Takes 4 KiB each quarter of a second, for a while."""
    worker.refs()
    while time.monotonic() < until:
        try:
            wire = http.client.HTTPConnection(worker.remote.url.netloc, timeout=30)
            wire.request("POST", f"/{worker.agent}/fetch", json.dumps({"want": worker.known.ids[-1:]}),
                         {"Authorization": f"Bearer {worker.remote.token}"})
            reply = wire.getresponse()
            worker.report.counts[f"slow read {reply.status}"] += 1
            end = min(until, time.monotonic() + 60)
            while time.monotonic() < end and reply.read(4096):
                time.sleep(0.25)
            wire.close()
        except (OSError, http.client.HTTPException):
            worker.report.counts["slow read broken off"] += 1
        time.sleep(0.5)


def garbage(worker, until):
    """Wrong hashes, half uploads, packs of noise, bombs, broken JSON, tokens that nobody gave."""
    bomb = encode_pack({library.object_id(BLOB, zeros): (BLOB, zeros) for zeros in [bytes(64 << 20)]})
    while time.monotonic() < until:
        try:
            wire = http.client.HTTPConnection(worker.remote.url.netloc, timeout=30)
            status = throw(worker, wire, random.choice(["hash", "half", "noise", "bomb", "json", "token"]), bomb)
            worker.report.counts[f"garbage {status}"] += 1
            wire.close()
        except (OSError, http.client.HTTPException):
            worker.report.counts["garbage broken off"] += 1
        time.sleep(0.2)


def throw(worker, wire, what, bomb):
    noise = bomb if what == "bomb" else os.urandom(random.randrange(1, 200_000))
    name = blake3.blake3(b"another" if what == "hash" else noise).hexdigest()
    token = "lst_" + "0" * 72 if what == "token" else worker.remote.token
    head = {"Authorization": f"Bearer {token}"}

    def ask(method, path, body, more={}):
        wire.request(method, f"/{worker.agent}{path}", body, {**head, **more})
        reply = wire.getresponse()
        reply.read()
        return f"{what} {reply.status}"

    if what in ("json", "token"):
        return ask("POST", "/transactions", "{" + secrets.token_hex(1000))
    upload = {"Upload-Offset": "0", "Upload-Length": str(len(noise) * (2 if what == "half" else 1))}
    status = ask("PATCH", f"/packs/{name}", noise, upload)
    if what in ("hash", "half"):
        return status
    body = {"txn": secrets.token_hex(16), "pack": name, "source": {"after": 0, "ids": [secrets.token_hex(32)]}}
    return ask("POST", "/transactions", json.dumps(body))


def idle(worker, until):
    held = []
    while time.monotonic() < until:
        try:
            held.append(socket.create_connection((worker.remote.url.hostname, worker.remote.url.port), timeout=5))
        except OSError:
            worker.report.counts["idle refused"] += 1
        if len(held) > 40:
            held.pop(0).close()
        time.sleep(0.1)


def play(niced, parts, url, gate, until, pipe):
    """A process with some of the clients, a thread each."""
    os.nice(niced)
    report = Report()
    workers = [(how, Worker(name, url, agent, token, report)) for how, name, agent, token in parts]

    def run(how, worker):
        time.sleep(max(0, gate - time.monotonic()))
        try:
            how(worker, until)
        except library.Failed as failed:
            report.counts[f"{how.__name__} gave up: {failed}"] += 1

    threads = [threading.Thread(target=run, args=one) for one in workers]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    pipe.send((report.times, report.acknowledged, report.counts))


class Server:
    """The server, what it takes, and when it was away."""

    def __init__(self, args, data):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = [args.bin, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(data)]
        self.data, self.url, self.away, self.samples = data, f"http://127.0.0.1:{self.port}", [], []
        self.written_before = self.written = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=open(self.data.parent / "log", "a"), text=True)
        assert self.process.stdout.readline(), "the server does not start"

    def kill(self):
        self.sample()
        begin = time.monotonic()
        self.process.kill()
        self.process.wait()
        self.written_before = self.written
        self.start()
        self.away.append((begin, time.monotonic()))

    def sample(self):
        def field(file, name):
            line = next(line for line in pathlib.Path(f"/proc/{self.process.pid}/{file}").read_text().splitlines() if line.startswith(name))
            return int(line.split()[1])
        self.written = self.written_before + field("io", "write_bytes:")
        self.threads = field("status", "Threads:")
        self.samples.append((time.monotonic(), field("status", "RssFile:") / 1024, field("status", "RssAnon:") / 1024))

    def disk(self):
        return int(subprocess.run(["du", "-sk", self.data], capture_output=True, text=True).stdout.split()[0] or 0) / 1024

    def token(self, agent):
        words = [self.command[0], "serve", "token", "create", "--agent", agent, "--scope", "push", "--data", str(self.data)]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def parts(token):
    tenants = [(tenant, f"tenant{n}", f"tenant{n}", token(f"tenant{n}")) for n in range(TENANTS)]
    others = [(how, f"{how.__name__}{n}", agent, token(agent))
              for how, count, agent in ((hot, HOT, "hot"), (slow, SLOW, "large"), (garbage, GARBAGE, "garbage"), (idle, IDLE, "idle"))
              for n in range(count)]
    return tenants, others


def soak(args, folder):
    (folder / "data").mkdir()
    server = Server(args, folder / "data")
    try:
        large = Worker("large", server.url, "large", server.token("large"), Report())
        large.push(40 << 20)
        tenants, others = parts(server.token)
        began = time.monotonic() + 3
        loud, end = began + args.minutes * 6, began + args.minutes * 60
        calm = loud + (end - loud) * 4 / 9
        kills = [loud + (calm - loud) * (n + 0.5) / (args.kills + 0.5) for n in range(args.kills)]
        split = [(0, tenants, began)] + [(10, others[n::2], loud) for n in range(2)]
        jobs = []
        for niced, some, gate in split:
            mine, theirs = multiprocessing.Pipe()
            jobs.append((multiprocessing.Process(target=play, args=(niced, some, server.url, gate, end, theirs)), mine))
            jobs[-1][0].start()
        minute, loads = began, []
        while time.monotonic() < end:
            time.sleep(1)
            server.sample()
            if kills and time.monotonic() > kills[0]:
                kills.pop(0)
                server.kill()
            if time.monotonic() > minute:
                minute += 60 if args.minutes > 4 else 10
                loads.append(os.getloadavg()[0])
                _, mapped, anonymous = server.samples[-1]
                print(f"{time.monotonic() - began:5.0f} s: {anonymous:7.1f} MiB anonymous, {mapped:7.1f} of files mapped, {server.threads:3} threads, "
                      f"{server.disk():7.0f} MiB on disk, load {loads[-1]:.1f}", flush=True)
        seen = [mine.recv() for _, mine in jobs]
        [job.join() for job, _ in jobs]
        return judge(args, server, large, tenants + others, seen, (loud, calm, end), loads)
    finally:
        server.process.kill()
        server.process.wait()


def percentiles(times):
    times = sorted(times)
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], times[-1]


def table(server, seen, loud):
    """Of each operation before the noise, in it, and while the server was away."""
    rows = collections.defaultdict(list)
    for what, start, end in (one for times, _, _ in seen for one in times):
        away = any(start < back + 0.5 and gone < end for gone, back in server.away)
        rows[what, "killed meanwhile" if away else "loaded" if end > loud else "quiet"].append((end - start) * 1000)
    print(f"\n{'operation':10} {'':17} {'count':>7} {'p50 ms':>9} {'p99 ms':>9} {'max ms':>9}")
    for (what, when), times in sorted(rows.items()):
        print(f"{what:10} {when:17} {len(times):7}" + "".join(f" {time:9.1f}" for time in percentiles(times)))
    return {key: percentiles(times)[1] for key, times in rows.items()}


def logged(server, loud):
    """The server's own time for each operation of a tenant, as its log has it: without what the clients wait for each other."""
    loud = datetime.datetime.now().timestamp() - time.monotonic() + loud
    rows = collections.defaultdict(list)
    for line in open(server.data.parent / "log"):
        try:
            entry = json.loads(line)
        except ValueError:  # cut by a kill
            continue
        if entry.get("event") != "request" or not entry.get("agent", "").startswith("tenant"):
            continue
        what = entry["path"].split("?")[0].split("/")[2]
        at = datetime.datetime.fromisoformat(entry["at"].replace("Z", "+00:00")).timestamp()
        rows[what, "loaded" if at > loud else "quiet"].append(entry["ms"])
    print(f"\n{'by its log':15} {'':12} {'count':>7} {'p50 ms':>9} {'p99 ms':>9} {'max ms':>9}")
    for (what, when), times in sorted(rows.items()):
        print(f"{what:15} {when:12} {len(times):7}" + "".join(f" {time:9.1f}" for time in percentiles(times)))


def judge(args, server, large, clients, seen, window, loads):
    loud, calm, end = window
    late = table(server, seen, loud)
    logged(server, loud)
    acknowledged = [one for _, some, _ in seen for one in some] + large.report.acknowledged
    server.kill()
    lost, doubled, damaged = look(server, clients, acknowledged)
    pushed = sum(size for *_, size in acknowledged)
    last = [(mapped, anonymous) for at, mapped, anonymous in server.samples if calm < at < end]
    counts = sum((counts for *_, counts in seen), collections.Counter())
    print("\n" + "\n".join(f"{count:7} x {what}" for what, count in sorted(counts.items())))
    print(f"\npushes acknowledged {len(acknowledged)}, {pushed / 2**20:.1f} MiB; written {server.written / 2**20:.1f} MiB, "
          f"{server.written / pushed:.1f} times as much; on disk {server.disk():.0f} MiB")
    print(f"killed and started again {len(server.away)} times, away {max(back - gone for gone, back in server.away):.1f} s at most")
    print(f"load of the machine ({os.cpu_count()} processors): {min(loads):.1f} to {max(loads):.1f}")
    mapped, anonymous = zip(*last)
    values = [sorted(anonymous[at:at + 15])[7] for at in range(0, len(anonymous) - 14, 15)]
    grown = max(values) / min(values) - 1
    print(f"anonymous memory in the last half: {min(values):.0f} to {max(values):.0f} MiB, apart by {grown:.0%} (aim: 20 %)")
    print(f"pages of packs that are mapped, which the system takes back when it needs them: {min(mapped):.0f} to {max(mapped):.0f} MiB")
    for what in ("refs", "push", "fetch"):
        quiet, loaded = late.get((what, "quiet")), late.get((what, "loaded"))
        if quiet and loaded:
            print(f"p99 of a tenant's {what}: {loaded / quiet:.1f} times that of the quiet time (aim: 3)")
    print(f"acknowledged and lost: {lost}\nthere twice: {doubled}\nagents that cannot be read whole: {damaged}")
    return 1 if lost or doubled or damaged else 0


def look(server, clients, acknowledged):
    """What was acknowledged and is not there, what is there twice, what cannot be read, after one more kill."""
    tokens = {agent: token for _, _, agent, token in clients}
    lost = doubled = damaged = 0
    for agent in {agent for agent, *_ in acknowledged}:
        worker = Worker("judge", server.url, agent, tokens[agent], Report())
        worker.refs()
        ids = worker.known.ids
        lost += sum(at >= len(ids) or ids[at] != id for name, at, id, _ in acknowledged if name == agent)
        doubled += len(ids) - len(set(ids))
        with tempfile.TemporaryDirectory() as folder:
            store = library.Store(folder)
            try:
                store.add(worker.remote.fetch(ids, []))
                store.prove(map(bytes.fromhex, ids))
            except (library.Failed, library.Damaged) as error:
                damaged += 1
                print(f"{agent}: {error}")
    return lost, doubled, damaged


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=6, help="how often the server is killed, not counting the end")
    parser.add_argument("--bin", type=lambda path: str(pathlib.Path(path).resolve()), default=str(HERE / "target/release/lua-store"))
    parser.add_argument("--work", default=None, help="folder for temporary files")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        sys.exit(soak(args, pathlib.Path(folder)))


if __name__ == "__main__":
    main()

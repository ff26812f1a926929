#!/usr/bin/env python3
"""How many requests and pushes `lua-store serve` answers in a second, and what memory it takes meanwhile.

    cargo build --release
    benches/server.py

Server and clients run on this machine, over its loopback address, so both share its processors. Works in a temporary
folder below --work and removes it. Needs Python 3.8.
"""

import argparse
import hashlib
import http.client
import json
import multiprocessing
import os
import pathlib
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
LUA = os.environ.get("LUA_STORE", HERE / "target" / "release" / "lua-store")
INDEX = """import { LuaAgent } from 'lua-cli';
export const agent = new LuaAgent({ name: 'shop', persona: 'You are Ava, number 0.', model: 'openai/gpt-4o', skills: [] });
"""


def lua(folder, *words):
    env = dict(os.environ, LUA_STORE_AUTHOR="bench@example.com")
    return subprocess.run([LUA, *words], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


def pushes(folder, count):
    """One project, pushed so many times: the pack and the id of each push."""
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "shop"}\n')
    for number in range(40):
        (folder / "src" / f"part{number}.ts").write_text(f"export const part{number} = {number};\n" * 40)
    lua(folder, "init")
    made, known = [], set()
    for number in range(1, count + 1):
        (folder / "src" / "index.ts").write_text(INDEX.replace("number 0", f"number {number}"))
        lua(folder, "push")
        packs = set((folder / ".lua" / "objects").glob("pack-*.pack")) - known
        known |= packs
        assert len(packs) == 1, "each push is one pack"
        pack = packs.pop()
        made.append((pack.name[len("pack-"):-len(".pack")], pack.read_bytes()))
    ids = {one["version"]: one["id"] for one in json.loads(lua(folder, "source", "list", "--all", "--json"))["sourceVersions"]}
    return [(name, data, ids[number]) for number, (name, data) in enumerate(made, 1)]


class Server:
    def __init__(self, data):
        self.data = data
        self.process = subprocess.Popen(
            [LUA, "serve", "--listen", "127.0.0.1:0", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip().removeprefix("http://")

    def token(self, agent):
        return lua(self.data.parent, "serve", "token", "create", "--agent", agent, "--scope", "push", "--data", self.data).strip()

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def push_all(server, agent, token, made):
    connection = http.client.HTTPConnection(server.address)
    for number, (pack, data, source) in enumerate(made):
        head = {"Authorization": f"Bearer {token}", "Upload-Offset": "0", "Upload-Length": str(len(data))}
        connection.request("PATCH", f"/{agent}/packs/{pack}", data, head)
        answer = connection.getresponse()
        assert answer.status == 204, (answer.status, answer.read())
        answer.read()
        body = {"txn": hashlib.md5(f"{agent}{number}".encode()).hexdigest(), "pack": pack, "source": {"after": number, "ids": [source]}}
        connection.request("POST", f"/{agent}/transactions", json.dumps(body), {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text


def read_refs(address, agent, token, etag, seconds, counts, index):
    connection = http.client.HTTPConnection(address)
    head = {"Authorization": f"Bearer {token}"}
    if etag:
        head["If-None-Match"] = etag
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        connection.request("GET", f"/{agent}/refs", headers=head)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == (304 if etag else 200)
        count += 1
    counts[index] = count


def reads(server, token, etag, seconds, clients):
    counts = multiprocessing.Array("i", clients)
    cpu = server.cpu()
    jobs = [
        multiprocessing.Process(target=read_refs, args=(server.address, "agent0", token, etag, seconds, counts, index))
        for index in range(clients)
    ]
    [job.start() for job in jobs]
    [job.join() for job in jobs]
    return sum(counts) / seconds, (server.cpu() - cpu) / max(1, sum(counts)) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", default=None, help="folder for temporary files")
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--pushes", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=wanted.work) as work:
        work = pathlib.Path(work)
        made = pushes(work / "project", wanted.pushes)
        server = Server(work / "data")
        try:
            tokens = [server.token(f"agent{index}") for index in range(wanted.agents)]
            print(f"memory at the start        {server.resident():8.1f} MiB")
            start, cpu = time.perf_counter(), server.cpu()
            jobs = [
                threading.Thread(target=push_all, args=(server, f"agent{index}", token, made)) for index, token in enumerate(tokens)
            ]
            [job.start() for job in jobs]
            [job.join() for job in jobs]
            wall, count = time.perf_counter() - start, wanted.agents * wanted.pushes
            size = sum(len(data) for _, data, _ in made) / len(made)
            print(f"pushes, {wanted.agents} at once          {count / wall:8.0f} /s, {size:.0f} bytes each, "
                  f"{(server.cpu() - cpu) / count * 1e6:.0f} us of the server's CPU each")
            print(f"memory after {count} pushes    {server.resident():8.1f} MiB")
            connection = http.client.HTTPConnection(server.address)
            connection.request("GET", "/agent0/refs", headers={"Authorization": f"Bearer {tokens[0]}"})
            answer = connection.getresponse()
            etag, _ = answer.headers["etag"], answer.read()
            for name, known in [("unchanged (304)", etag), ("whole (200)", None)]:
                rate, cost = reads(server, tokens[0], known, wanted.seconds, 4)
                print(f"refs, {name:16}     {rate:8.0f} /s, {cost:.0f} us of the server's CPU each")
            print(f"memory after the reads     {server.resident():8.1f} MiB")
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()

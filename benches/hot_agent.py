#!/usr/bin/env python3
"""Many clients push to one agent of `lua-store serve` at once, as fast as they are let.

    cargo build --release
    benches/hot_agent.py [--clients 64] [--pushes 512] [--bin target/release/lua-store]

Each client uploads a pack, asks for its source version, and after each refusal asks again with the length that it was told. It says what it
knows, as docs/protocol.md wants (--whole: it does not, and gets all refs each time). Where the pack was not kept it is sent again. Printed are
pushes a second, how long a push took from its first byte until it was taken, requests, bytes, and the processor time of both: they share this
machine's. Works in a temporary folder below --work. Needs Python 3.8 and, but for --whole, `pip install blake3`.
"""

import argparse
import asyncio
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
INDEX = """import { LuaAgent } from 'lua-cli';
export const agent = new LuaAgent({ name: 'shop', persona: 'You are Ava.', model: 'openai/gpt-4o', skills: [] });
"""


def lua(binary, folder, *words):
    env = dict(os.environ, LUA_STORE_AUTHOR="bench@example.com")
    return subprocess.run([binary, *words], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


def packs(binary, work, count):
    """A base that is pushed, and so many packs that each build on it: one other file each."""
    base = work / "base"
    (base / "src").mkdir(parents=True)
    (base / "src/index.ts").write_text(INDEX)
    for words in ("init", "remote add origin ../data/agent_shop", "push"):
        lua(binary, base, *words.split())
    names, made = {path.name for path in (base / ".lua/objects").glob("pack-*.pack")}, []
    for number in range(count):
        project = work / "one"
        shutil.copytree(base, project)
        (project / "note.txt").write_text(f"note {number}\n" * 20)
        lua(binary, project, "push", "--offline")
        (pack,) = [path for path in (project / ".lua/objects").glob("pack-*.pack") if path.name not in names]
        source = json.loads(lua(binary, project, "source", "list", "--json"))["sourceVersions"][0]["id"]
        made.append((pack.name[len("pack-"):-len(".pack")], pack.read_bytes(), source))
        shutil.rmtree(project)
    return made


class Known:
    """What all clients know of the agent together; the query that says so."""

    def __init__(self, whole):
        self.ids, self.hash, self.query = [], None, ""
        if not whole:
            import blake3
            self.hash = blake3.blake3()

    def take(self, refs):
        after = refs.get("after", [0])[0] if self.hash else 0
        if self.hash is None:
            self.ids = refs["source"]
        elif after <= len(self.ids) < after + len(refs["source"]):
            new = refs["source"][len(self.ids) - after:]
            self.ids += new
            self.hash.update(b"".join(map(bytes.fromhex, new)))
            self.query = f"?after={len(self.ids)},0,0&digest={self.hash.hexdigest()}"
        return after + len(refs["source"])


class Client:
    def __init__(self, address, known):
        self.address, self.times, self.requests, self.received, self.uploads = address, [], 0, 0, 0
        self.known = known

    async def ask(self, method, path, headers, body):
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.out.write(head.encode() + body)
        self.requests += 1
        answer = await self.into.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        body = await self.into.readexactly(length)
        self.received += len(answer) + length
        return int(answer[9:12]), body

    async def upload(self, pack, data):
        self.uploads += 1
        headers = f"Upload-Offset: 0\r\nUpload-Length: {len(data)}\r\n"
        status, body = await self.ask("PATCH", f"/agent_shop/packs/{pack}", headers, data)
        assert status in (204, 409), (status, body)

    async def work(self, waiting):
        self.into, self.out = await asyncio.open_connection(*self.address, limit=1 << 26)
        after = 1
        while waiting:
            pack, data, source = waiting.pop()
            start = time.monotonic()
            await self.upload(pack, data)
            while True:
                body = {"txn": secrets.token_hex(16), "pack": pack, "source": {"after": after, "ids": [source]}}
                status, text = await self.ask("POST", "/agent_shop/transactions" + self.known.query, "", json.dumps(body).encode())
                if status == 503:
                    await asyncio.sleep(0.1)
                    continue
                answer = json.loads(text)
                if status == 200:
                    after = self.known.take(answer["done"])
                    break
                refused = answer["refused"]
                if refused == "no_pack":
                    await self.upload(pack, data)
                else:
                    after = self.known.take(refused["moved"])
            self.times.append(time.monotonic() - start)


async def race(address, clients, made, known):
    clients = [Client(address, known) for _ in range(clients)]
    waiting, start = list(made), time.monotonic()
    await asyncio.gather(*(client.work(waiting) for client in clients))
    took = time.monotonic() - start
    times = sorted(one for client in clients for one in client.times)
    total = lambda name: sum(getattr(client, name) for client in clients)
    print(f"{len(clients)} clients: {len(times) / took:.1f} pushes/s; until taken: median {times[len(times) // 2]:.2f} s, longest {times[-1]:.2f} s; "
          f"{total('requests')} requests, {total('uploads')} uploads, {total('received') / 1e6:.1f} MB received")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--pushes", type=int, default=512)
    parser.add_argument("--whole", action="store_true", help="ask for all refs each time")
    parser.add_argument("--work", default=None, help="folder for temporary files")
    parser.add_argument("--bin", nargs="+", default=[str(HERE / "target/release/lua-store")], help="one or several, to compare")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.work) as work:
        work = pathlib.Path(work)
        binaries = [str(pathlib.Path(path).resolve()) for path in args.bin]
        # The last may be the oldest, which reads what it wrote itself.
        made = packs(binaries[-1], work, args.pushes)
        for number, binary in enumerate(binaries):
            data = work / f"data{number}"
            shutil.copytree(work / "data", data)
            serve = [binary, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--data", str(data)]
            server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                host, port = server.stdout.readline().strip().removeprefix("http://").split(":")
                print(binary)
                before = os.times()
                asyncio.run(race((host, int(port)), args.clients, made, Known(args.whole)))
            finally:
                server.terminate()
                server.wait()
            after = os.times()
            print(f"processor time: clients {after[0] + after[1] - before[0] - before[1]:.1f} s, "
                  f"server {after[2] + after[3] - before[2] - before[3]:.1f} s, of {os.cpu_count()} processors")


if __name__ == "__main__":
    main()

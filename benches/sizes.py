#!/usr/bin/env python3
"""What a server takes with many agents: start, memory, /readyz and GET refs. Loopback only, in a folder that goes.

    benches/sizes.py PROGRAM [200 1000 10000]

Prints a table in Markdown for docs/operating.md. Each agent has one source version of a small project; all of them
are asked for their refs once, so that what the server keeps of them is in its memory.
"""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
COUNTS = [int(word) for word in sys.argv[2:]] or [200, 1000, 10000]


def run(folder, *words):
    done = subprocess.run([PROGRAM, *words], cwd=folder, env=ENV, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def start(data):
    began = time.monotonic()
    words = [PROGRAM, "serve", "--no-auth", "--listen", "127.0.0.1:0", "--data", data, "--scrub-every", "never"]
    log = open(os.path.join(os.path.dirname(data), "log"), "a")
    server = subprocess.Popen(words, env=ENV, stdout=subprocess.PIPE, stderr=log, text=True)
    address = server.stdout.readline().strip().removeprefix("http://")
    wire = http.client.HTTPConnection(address)
    ask(wire, "GET", "/readyz")
    return server, wire, time.monotonic() - began


def ask(wire, method, path, body=None, headers={}):
    wire.request(method, path, body, headers)
    reply = wire.getresponse()
    return reply.status, reply.read()


def push(wire, agent, pack, name, source):
    headers = {"Upload-Offset": "0", "Upload-Length": str(len(pack))}
    status, body = ask(wire, "PATCH", f"/{agent}/packs/{name}", pack, headers)
    assert status == 204, body
    tx = {"txn": os.urandom(16).hex(), "pack": name, "source": {"after": 0, "ids": [source]}}
    status, body = ask(wire, "POST", f"/{agent}/transactions", json.dumps(tx))
    assert status == 200, body


def memory(server):
    text = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(lines["VmRSS"].split()[0]) / 1024


def timed(wire, paths):
    took = []
    for path in paths:
        began = time.monotonic()
        status, body = ask(wire, "GET", path)
        took.append((time.monotonic() - began) * 1000)
        assert status == 200, body
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def stop(server):
    server.send_signal(signal.SIGINT)
    server.wait()


with tempfile.TemporaryDirectory() as top:
    ENV = {"PATH": os.environ["PATH"], "HOME": top, "CI": "1", "LUA_STORE_AUTHOR": "ana@example.com"}
    project = os.path.join(top, "project")
    os.mkdir(project)
    pathlib.Path(project, "lua.skill.yaml").write_text("agent:\n  agentId: seed\n")
    os.mkdir(os.path.join(project, "src"))
    pathlib.Path(project, "src/index.ts").write_text(
        "import { LuaAgent } from 'lua-cli';\nexport const agent = new LuaAgent({ name: 'seed', persona: 'You help.' });\n"
    )
    run(project, "init")
    run(project, "remote", "add", "origin", os.path.join(top, "seed/seed"))
    run(project, "push")
    source = json.loads(run(project, "source", "list", "--json"))["sourceVersions"][0]["id"]
    file = next(pathlib.Path(top, "seed", "a").rglob("pack/*.pack"))
    pack, name = file.read_bytes(), file.stem.split("-")[1]
    data, made = os.path.join(top, "data"), 0
    print("| agents | start | memory after start | after all refs were asked | `readyz` p50 | `GET refs` p50 | p99 | folder |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for count in COUNTS:
        server, wire, _ = start(data)
        for number in range(made, count):
            push(wire, f"agent-{number}", pack, name, source)
        made = count
        stop(server)
        server, wire, took = start(data)
        fresh = memory(server)
        ready, _ = timed(wire, ["/readyz"] * 200)
        timed(wire, [f"/agent-{number}/refs" for number in range(count)])
        warm, worst = timed(wire, [f"/agent-{number}/refs" for number in range(count)])
        used = memory(server)
        stop(server)
        size = sum(entry.stat().st_size for entry in pathlib.Path(data).rglob("*") if entry.is_file())
        print(
            f"| {count:,} | {took:.1f} s | {fresh:.0f} MiB | {used:.0f} MiB | {ready:.2f} ms | {warm:.2f} ms "
            f"| {worst:.2f} ms | {size / 2**20:.0f} MiB |",
            flush=True,
        )

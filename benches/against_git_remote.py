#!/usr/bin/env python3
"""Times lua-store with a server and git over smart HTTP side by side, in one run, on the same files.

    cargo build --release
    benches/against_git_remote.py --tree DIR     # DIR: an installed node_modules folder, for the large case

Both servers are on loopback: `lua-store serve`, and `git http-backend` behind lighttpd (Debian: lighttpd). Every pair is
run in turns; medians are printed with the ratio of the medians. Bytes and requests are counted by a proxy, in
runs of their own, so that they cost no time. Works in a temporary folder below --work and removes it.
"""

import argparse
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from against_git import RENAMED
from measure import ENV, LUA, alone, run, show, side_by_side

AGENT = "agent_bench"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Counter:
    """A proxy on loopback that counts bytes and requests."""

    def __init__(self, port):
        self.target, self.up, self.down, self.requests = port, 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, sink, up):
        starts = (b"GET ", b"POST ", b"PUT ", b"PATCH ", b"HEAD ")
        try:
            while piece := source.recv(1 << 16):
                if up:
                    self.up += len(piece)
                    self.requests += piece.startswith(starts)
                else:
                    self.down += len(piece)
                sink.sendall(piece)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self):
        time.sleep(0.05)
        seen = (self.up + self.down, self.requests)
        self.up = self.down = self.requests = 0
        return seen


class Servers:
    """Both servers, each with a folder of its own."""

    def __init__(self, work):
        self.work = work
        self.lua_data, self.git_data = work / "lua-data", work / "git-data"
        self.git_data.mkdir()
        self.lua = subprocess.Popen(
            [LUA, "serve", "--listen", "127.0.0.1:0", "--no-auth", "--data", self.lua_data],
            env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lua_port = int(self.lua.stdout.readline().strip().rsplit(":", 1)[1])
        self.git_port = free_port()
        backend = pathlib.Path(subprocess.check_output(["git", "--exec-path"], text=True).strip()) / "git-http-backend"
        config = work / "lighttpd.conf"
        config.write_text(f"""
server.document-root = "{self.git_data}"
server.bind = "127.0.0.1"
server.port = {self.git_port}
server.modules = ("mod_alias", "mod_cgi", "mod_setenv")
server.stream-request-body = 2
server.stream-response-body = 2
alias.url = ("/git" => "{backend}")
cgi.assign = ("" => "")
setenv.set-environment = ("GIT_PROJECT_ROOT" => "{self.git_data}", "GIT_HTTP_EXPORT_ALL" => "1")
""")
        self.git = subprocess.Popen(["lighttpd", "-D", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.git_port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("lighttpd did not start")

    def stop(self):
        for server in (self.lua, self.git):
            server.terminate()
            server.wait()

    def bare(self, name):
        """An empty repository that takes pushes."""
        path = self.git_data / name
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run(["git", "init", "-q", "--bare", path], check=True, env=ENV)
        subprocess.run(["git", "-C", path, "config", "http.receivepack", "true"], check=True, env=ENV)
        return f"http://127.0.0.1:{self.git_port}/git/{name}"


def copy(source, target):
    def named(folder, names):
        return [name for name in names if name == ".git"]
    shutil.copytree(source, target, symlinks=True, ignore=named)
    for path in sorted(target.rglob("*"), key=lambda p: -len(p.parts)):
        if path.is_dir() and not path.is_symlink() and path.name in RENAMED:
            path.rename(path.with_name(RENAMED[path.name]))
    for path in target.rglob(".gitignore"):
        path.unlink()
    for path in target.rglob(".npmignore"):
        path.unlink()


def project(path):
    """Makes a folder a project of both, with nothing pushed."""
    subprocess.run([LUA, "init"], cwd=path, check=True, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["git", "init", "-q"], cwd=path, check=True, env=ENV)
    for key, value in (("gc.auto", "0"), ("http.postBuffer", str(512 << 20))):
        subprocess.run(["git", "config", key, value], cwd=path, check=True, env=ENV)


def save(path):
    """What is there becomes a push of ours and a commit of git's: only sending is timed."""
    subprocess.run([LUA, "push", "backup", "--offline"], cwd=path, check=True, env=ENV, stdout=subprocess.DEVNULL)
    subprocess.run("git add -A && git commit -qm x", shell=True, cwd=path, check=True, env=ENV)


def remote(path, url):
    lua = ["remote", "set-url"] if "[remote" in config_of(path) else ["remote", "add"]
    subprocess.run([LUA, *lua, "origin", url], cwd=path, check=True, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def config_of(path):
    config = path / ".lua" / "config.toml"
    return config.read_text() if config.exists() else ""


def first_push_and_clone(servers, work, source, label, rounds, wanted, rows):
    path = work / f"{label}-first"
    copy(source, path)
    project(path)
    save(path)
    count = [0]

    def ours():
        count[0] += 1
        remote(path, f"http://127.0.0.1:{servers.lua_port}/{label}-{count[0]}")
        return [LUA, "push", "backup"], path

    def theirs():
        return ["git", "push", "-q", servers.bare(f"{label}.git"), "HEAD:refs/heads/main"], path

    side_by_side(f"first push, {label}", rounds, ours, theirs, wanted, rows)
    clones = [0]

    def target():
        # Nothing is removed in between: ext4 looks past every file that was removed in the last minutes
        # (`recently_deleted`), which makes each new one ten times slower.
        clones[0] += 1
        return work / f"{label}-clone-{clones[0]}"

    def our_clone():
        return [LUA, "clone", f"http://127.0.0.1:{servers.lua_port}/{label}-1", target()], work

    def their_clone():
        return ["git", "clone", "-q", f"http://127.0.0.1:{servers.git_port}/git/{label}.git", target()], work

    side_by_side(f"clone, {label}", rounds, our_clone, their_clone, wanted, rows)
    lua, git = Counter(servers.lua_port), Counter(servers.git_port)
    remote(path, f"http://127.0.0.1:{lua.port}/{label}-bytes")
    run([LUA, "push", "backup"], path)
    servers.bare(f"{label}-bytes.git")
    run(["git", "push", "-q", f"http://127.0.0.1:{git.port}/git/{label}-bytes.git", "HEAD:refs/heads/main"], path)
    bytes_row(f"bytes of the first push, {label}", lua, git, "1.25", rows)
    run([LUA, "clone", f"http://127.0.0.1:{lua.port}/{label}-bytes", target()], work)
    run(["git", "clone", "-q", f"http://127.0.0.1:{git.port}/git/{label}-bytes.git", target()], work)
    bytes_row(f"bytes of the clone, {label}", lua, git, "1.25", rows)


def bytes_row(name, lua, git, wanted, rows):
    (a, requests), (b, others) = lua.take(), git.take()
    rows.append((name, f"{a} B ({requests} req)", f"{b} B ({others} req)", f"{a / b:.2f}", wanted, "", ""))


def small_push(servers, work, source, rounds, rows):
    path = work / "small-push"
    copy(source, path)
    project(path)
    save(path)
    remote(path, f"http://127.0.0.1:{servers.lua_port}/{AGENT}")
    url = servers.bare("small.git")
    run([LUA, "push", "backup"], path)
    run(["git", "push", "-q", url, "HEAD:refs/heads/main"], path)
    # A file of middle size, as one edits it.
    files = sorted((p for p in path.rglob("*.ts") if ".lua" not in p.parts and p.is_file()), key=lambda p: p.stat().st_size)
    edited = files[len(files) // 2]
    number = [0]

    def edit():
        number[0] += 1
        edited.write_text(edited.read_text() + f"// edit {number[0]}\n")
        save(path)

    def ours():
        edit()
        return [LUA, "push", "backup"], path

    def theirs():
        return ["git", "push", "-q", url, "HEAD:refs/heads/main"], path

    side_by_side("push of one changed file", rounds, ours, theirs, "0.5", rows)
    lua, git = Counter(servers.lua_port), Counter(servers.git_port)
    remote(path, f"http://127.0.0.1:{lua.port}/{AGENT}")
    run([LUA, "push", "backup"], path)
    lua.take()
    edit()
    run([LUA, "push", "backup"], path)
    run(["git", "push", "-q", url.replace(str(servers.git_port), str(git.port)), "HEAD:refs/heads/main"], path)
    bytes_row("bytes of that push (8 KiB, 3 requests wanted)", lua, git, "", rows)


def sync_check(servers, work, source, rows):
    path = work / "sync"
    copy(source, path)
    project(path)
    remote(path, f"http://127.0.0.1:{servers.lua_port}/{AGENT}-sync")
    for line in ("push", "version create -m x", "version promote 1"):
        run([str(LUA), *line.split()], path)
    alone("sync --check, nothing changed", 20, [LUA, "sync", "--check"], path, "30 ms", rows)


def ref_reads(servers, rows):
    """Requests a second over eight connections that stay open, from this one process."""
    import http.client
    done, seconds = [0] * 8, 3

    def ask(at):
        connection = http.client.HTTPConnection("127.0.0.1", servers.lua_port)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            connection.request("GET", f"/{AGENT}/refs")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            done[at] += 1

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(8)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    rows.append(("reads of refs a second, with a client in Python", f"{sum(done) / seconds:.0f}", "", "", "1000", "", ""))


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return next(line.split(":")[1].strip() for line in status.splitlines() if line.startswith("VmRSS"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=pathlib.Path, help="a large folder, such as an installed node_modules")
    parser.add_argument("--agent", type=pathlib.Path, required=True, help="the project of an agent, about 75 files")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        work = pathlib.Path(folder)
        servers = Servers(work)
        try:
            first_push_and_clone(servers, work, arguments.agent, "agent", arguments.rounds, "0.5", rows)
            small_push(servers, work, arguments.agent, arguments.rounds, rows)
            sync_check(servers, work, arguments.agent, rows)
            ref_reads(servers, rows)
            if arguments.tree:
                first_push_and_clone(servers, work, arguments.tree, "tree", 3, "0.6", rows)
            rows.append(("resident memory of the server at the end", resident(servers.lua), "", "", "", "", ""))
        finally:
            servers.stop()
    show(rows)


if __name__ == "__main__":
    main()

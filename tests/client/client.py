#!/usr/bin/env python3
"""A client of `lua-store serve` that knows only what docs/format.md and docs/protocol.md say.

    pip install -r requirements.txt
    export REMOTE=http://127.0.0.1:8080/shop TOKEN=lst_…
    client.py fetch | list | restore source/3 DIR | push DIR -m MESSAGE | version [-m MESSAGE] | promote N [-m REASON]

It does not evaluate an agent: what it pushes has the state of the source version before, and says so (`unread`). It keeps packs
and the refs it saw last in --store.
"""

import argparse
import http.client
import json
import os
import pathlib
import secrets
import sys
import time
import urllib.parse

import blake3
import msgpack

from pack import BLOB, FILE, FOLDER, LINK, RUNNABLE, TREE, Damaged, Pack, decode_tree, encode_pack, encode_tree, object_id

EXIT = {"usage": 2, "auth": 9, "forbidden": 10, "not_found": 3, "unavailable": 11}
# docs/files.md: what no project has, and what a snapshot passes over.
NOWHERE = {".git", ".lua", "node_modules"}
PASSED_OVER = NOWHERE | {"dist", "dist-v2", ".temp", "coverage", ".next", ".turbo"}


class Failed(Exception):
    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


# What was fetched, and the server: docs/protocol.md


class Store:
    """What was fetched: packs, and the refs that were seen last."""

    def __init__(self, folder):
        self.folder, self.packs, self.at = pathlib.Path(folder), [], {}
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("*.pack")):
            self.open(path.read_bytes())
        seen = self.folder / "refs.json"
        self.refs = json.loads(seen.read_text()) if seen.exists() else {"source": [], "versions": [], "active": None}

    def open(self, data):
        pack = Pack(data)
        self.at.update((id, (pack, position)) for position, id in enumerate(pack.ids))

    def add(self, data):
        (self.folder / f"{blake3.blake3(data).hexdigest()}.pack").write_bytes(data)
        self.open(data)

    def remember(self, refs):
        self.refs = refs
        (self.folder / "refs.json").write_text(json.dumps(refs))

    def read(self, id):
        if id not in self.at:
            raise Failed(f"there is no object {id.hex()}")
        pack, position = self.at[id]
        kind, content = pack.read(position, self)
        if object_id(kind, content) != id:
            raise Failed(f"object {id.hex()} is damaged")
        return kind, content

    def tree(self, id):
        return decode_tree(self.read(id)[1])

    def record(self, tree, name="record"):
        return msgpack.unpackb(self.read(self.tree(tree)[name][1])[1])

    def prove(self, ids):
        """Every object below is here and is what its id says."""
        todo, done = list(ids), set()
        while todo:
            id = todo.pop()
            if id not in done:
                done.add(id)
                kind, content = self.read(id)
                todo += [below for _, below in decode_tree(content).values()] if kind == TREE else []


class Remote:
    def __init__(self, url, token, piece):
        self.url, self.token, self.piece = urllib.parse.urlsplit(url), token, piece
        self.wire = None
        if not token.startswith("lst_"):
            raise Failed("what TOKEN holds is no token", 2)
        if self.url.scheme != "https" and self.url.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise Failed("a token must not cross the network in plain text", 2)

    def ask(self, method, path, body=None, **headers):
        """One request, again after 408, 429, 5xx (but 507) and a broken connection."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        for attempt in range(8):
            if self.wire is None:
                kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
                self.wire = kind(self.url.netloc, timeout=30)
            try:
                self.wire.request(method, self.url.path + path, body, {"Authorization": f"Bearer {self.token}", **headers})
                reply = self.wire.getresponse()
                data = reply.read()
            except (OSError, http.client.HTTPException) as cut:
                self.wire = None
                if path == "/fetch" and getattr(cut, "partial", None):
                    return reply, cut.partial
                # At once the first time: a kept connection that broke says nothing about the server now.
                time.sleep(0.2 * (2 ** attempt - 1))
                continue
            if reply.status not in (408, 429) and (reply.status < 500 or reply.status == 507):
                return reply, data
            if attempt < 7:
                time.sleep(float(reply.headers.get("Retry-After", 0.2 * 2 ** attempt)))
        raise Failed(f"{method} {path}: the server cannot be reached", 11)

    def insist(self, allowed, method, path, body=None, **headers):
        reply, data = self.ask(method, path, body, **headers)
        if reply.status not in allowed:
            error = json.loads(data or b"{}").get("error", {})
            raise Failed(f"{method} {path}: {reply.status} {error.get('message', '')}", EXIT.get(error.get("kind"), 1))
        return reply, data

    def refs(self, known):
        """What is there now: only what is newer than what is known crosses the network."""
        _, data = self.insist((200,), "GET", f"/refs?{newer(known)}")
        return merged(known, json.loads(data))

    def fetch(self, want, have):
        body = json.dumps({"want": want, "have": have})
        reply, data = self.insist((200,), "POST", "/fetch", body)
        while len(data) < int(reply.headers["Content-Length"]):
            tag = reply.headers["ETag"]
            rest, more = self.insist((200, 206), "POST", "/fetch", body, Range=f"bytes={len(data)}-", If_Range=tag)
            reply, data = (rest, more) if rest.status == 200 else (reply, data + more)
        if blake3.blake3(data).hexdigest() != reply.headers["ETag"].strip('"'):
            raise Failed("a pack has another hash than its name")
        return data

    def upload(self, data):
        name = blake3.blake3(data).hexdigest()
        reply, _ = self.insist((200,), "HEAD", f"/packs/{name}")
        at, sent = int(reply.headers["Upload-Offset"]), False
        while not sent or at < len(data):
            head = {"Upload_Offset": str(at), "Upload_Length": str(len(data))}
            reply, _ = self.insist((204, 409), "PATCH", f"/packs/{name}", data[at:at + self.piece], **head)
            at, sent = int(reply.headers["Upload-Offset"]), reply.status == 204
        return name

    def transact(self, store, objects, **changes):
        """`done` with the refs, or `moved` with those that are there."""
        txn, pack, known = secrets.token_hex(16), encode_pack(objects), store.refs
        while True:
            name = self.upload(pack)
            body = json.dumps({"txn": txn, "pack": name, **changes})
            _, data = self.insist((200, 409), "POST", f"/transactions?{newer(known)}", body)
            outcome = json.loads(data)
            refused = outcome.get("refused")
            if refused == "busy":
                time.sleep(1)
            elif refused and "missing" in refused:
                objects.update((id, store.read(id)) for id in map(bytes.fromhex, refused["missing"]["ids"]))
                txn, pack = secrets.token_hex(16), encode_pack(objects)
            elif refused and "invalid" in refused:
                raise Failed(f"the server refuses it: {refused['invalid']['reason']}")
            elif refused != "no_pack":
                word, refs = ("moved", refused["moved"]) if refused else ("done", outcome["done"])
                return word, merged(known, refs)


def newer(known):
    receipts = known.get("receipts", {"tokens": [], "list": []})
    bytes_known = b"".join(bytes.fromhex(id) for id in known["source"] + known["versions"])
    bytes_known += b"".join(value.to_bytes(8, "little") for receipt in receipts["list"] for value in receipt)
    bytes_known += b"".join(f"{id}\0{name}\0".encode() for id, name in receipts["tokens"])
    counts = f"{len(known['source'])},{len(known['versions'])},{len(receipts['list'])}"
    return f"after={counts}&digest={blake3.blake3(bytes_known).hexdigest()}"


def merged(known, answer):
    if any(answer.pop("after", None) or [0]):
        had = known.get("receipts", {"tokens": [], "list": []})
        new = answer.get("receipts", {"tokens": [], "list": []})
        receipts = {key: had[key] + new[key] for key in had}
        answer = {**answer, "source": known["source"] + answer["source"], "versions": known["versions"] + answer["versions"]}
        answer = {**answer, "receipts": receipts} if receipts["list"] else answer
    for series in ("source", "versions"):
        if answer[series][:len(known[series])] != known[series]:
            raise Failed(f"rewritten: {series} on the remote does not begin with what was there before")
    return answer


# What a user does


class Client:
    def __init__(self, remote, store, author):
        self.remote, self.store, self.author = remote, store, author

    def fetch(self):
        refs = self.remote.refs(self.store.refs)
        self.take(refs)
        return refs

    def take(self, refs):
        """Brings what refs name here, proves it, and only then remembers that they were seen."""
        def names(refs):
            return refs["source"] + refs["versions"] + ([refs["active"]["ledger"]] if refs["active"] else [])
        have = names(self.store.refs)
        want = [id for id in names(refs) if id not in have]
        if want:
            self.store.add(self.remote.fetch(want, have))
            self.store.prove(bytes.fromhex(id) for id in want)
        before = self.store.refs["active"]
        if before and (not refs["active"] or before["ledger"] not in self.ledger(refs)):
            raise Failed("rewritten: the ledger on the remote does not lead back to what was there before")
        self.store.remember(refs)

    def ledger(self, refs):
        id = bytes.fromhex(refs["active"]["ledger"])
        while True:
            yield id.hex()
            entries = self.store.tree(id)
            if "previous" not in entries:
                return
            id = entries["previous"][1]

    def list(self):
        refs = self.fetch()
        for series, name in (("source", "record"), ("versions", "meta")):
            for count, id in enumerate(refs[series], 1):
                record = self.store.record(bytes.fromhex(id), name)
                active = series == "versions" and refs["active"] is not None and refs["active"]["version"] == count
                yield {"series": series, "number": count, "id": id, "by": record["by"], "message": record["message"], "active": active}

    def restore(self, series, count, folder):
        refs = self.fetch()
        if not 1 <= count <= len(refs[series]):
            raise Failed(f"there is no {series} {count}", 3)
        tree = self.store.tree(bytes.fromhex(refs[series][count - 1]))
        folder.mkdir(parents=True)
        self.write(tree["source"][1], folder, [0])

    def write(self, tree, folder, written, depth=1):
        for name, (mode, id) in self.store.tree(tree).items():
            written[0] += 1
            if name.lower() in NOWHERE or depth > 256 or written[0] > 1_000_000:
                raise Failed(f"'{name}' is not something that a version may hold")
            path = folder / name
            if mode == FOLDER:
                path.mkdir()
                self.write(id, path, written, depth + 1)
            elif mode == LINK:
                path.symlink_to(self.store.read(id)[1].decode())
            else:
                path.write_bytes(self.store.read(id)[1])
                path.chmod(0o755 if mode == RUNNABLE else 0o644)

    def push(self, folder, message):
        while True:
            refs, objects = self.fetch(), {}
            files, highest = snapshot(folder, objects), {}
            if refs["source"]:
                before = bytes.fromhex(refs["source"][-1])
                state, highest = self.store.tree(before)["state"][1], self.store.record(before)["highest"]
            else:
                agent = json.dumps({"name": folder.resolve().name}, separators=(",", ":")).encode()
                parts = {name: (FILE, put(objects, BLOB, text)) for name, text in (("agent.json", agent), ("versions.json", b"{}"))}
                state = put(objects, TREE, encode_tree(parts))
            record = {"by": self.author, "at_ms": now(), "triggered_by": "client.py", "message": message, "highest": highest,
                      "unread": "client.py does not evaluate agents"}
            entries = {"record": (FILE, put(objects, BLOB, msgpack.packb(record))), "source": (FOLDER, files), "state": (FOLDER, state)}
            count, id = len(refs["source"]), put(objects, TREE, encode_tree(entries)).hex()
            word, after = self.remote.transact(self.store, objects, source={"after": count, "ids": [id]})
            self.take(after)
            if id in after["source"]:
                return {"source": after["source"].index(id) + 1, "id": id, "outcome": word}

    def version(self, message):
        while True:
            refs, objects = self.fetch(), {}
            if not refs["source"]:
                raise Failed("nothing was pushed yet", 3)
            count = len(refs["source"])
            of = bytes.fromhex(refs["source"][-1])
            meta = {"by": self.author, "at_ms": now(), "message": message, "commit": None, "source_version": count}
            meta.update({"unread": why} if (why := self.store.record(of).get("unread")) else {})
            parts = {name: entry for name, entry in self.store.tree(of).items() if name != "record"}
            entries = {"meta": (FILE, put(objects, BLOB, msgpack.packb(meta))), **parts}
            id = put(objects, TREE, encode_tree(entries)).hex()
            word, after = self.remote.transact(self.store, objects, versions={"after": len(refs["versions"]), "ids": [id]})
            self.take(after)
            if id in after["versions"]:
                return {"version": after["versions"].index(id) + 1, "id": id, "outcome": word}

    def promote(self, count, reason):
        while True:
            refs, objects = self.fetch(), {}
            if not 1 <= count <= len(refs["versions"]):
                raise Failed(f"there is no version {count}", 3)
            record = {"event": "promote", "by": self.author, "at_ms": now(), "reason": reason}
            entries = {"record": (FILE, put(objects, BLOB, msgpack.packb(record))),
                       "version": (FOLDER, bytes.fromhex(refs["versions"][count - 1]))}
            if refs["active"]:
                entries["previous"] = (FOLDER, bytes.fromhex(refs["active"]["ledger"]))
            ledger = put(objects, TREE, encode_tree(entries)).hex()
            active = {"expected": refs["active"], "new": {"version": count, "ledger": ledger}}
            word, after = self.remote.transact(self.store, objects, active=active)
            self.take(after)
            if after["active"] and ledger in self.ledger(after):
                return {"active": after["active"]["version"], "ledger": ledger, "outcome": word}


def put(objects, kind, content):
    id = object_id(kind, content)
    objects[id] = (kind, content)
    return id


def snapshot(folder, objects):
    entries = {}
    for path in sorted(folder.iterdir()):
        if path.name.lower() in PASSED_OVER:
            continue
        if path.is_symlink():
            entries[path.name] = (LINK, put(objects, BLOB, os.readlink(path).encode()))
        elif path.is_file():
            mode = RUNNABLE if path.stat().st_mode & 0o100 else FILE
            entries[path.name] = (mode, put(objects, BLOB, path.read_bytes()))
        elif any(path.iterdir()):
            entries[path.name] = (FOLDER, snapshot(path, objects))
    return put(objects, TREE, encode_tree(entries))


def now():
    return time.time_ns() // 1_000_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["fetch", "list", "restore", "push", "version", "promote"])
    parser.add_argument("what", nargs="*")
    parser.add_argument("-m", dest="message")
    parser.add_argument("--store", default=".client")
    parser.add_argument("--piece", type=int, default=1_000_000, help="bytes of one PATCH")
    args = parser.parse_args()
    try:
        remote = Remote(os.environ["REMOTE"], os.environ["TOKEN"], args.piece)
        client = Client(remote, Store(args.store), os.environ.get("LUA_STORE_AUTHOR", "client@example.com"))
        if args.do == "fetch":
            print(json.dumps(client.fetch()))
        elif args.do == "list":
            for one in client.list():
                print(json.dumps(one))
        elif args.do == "restore":
            series, _, count = args.what[0].partition("/")
            client.restore(series, int(count), pathlib.Path(args.what[1]))
        elif args.do == "push":
            print(json.dumps(client.push(pathlib.Path(args.what[0]), args.message)))
        elif args.do == "version":
            print(json.dumps(client.version(args.message)))
        else:
            print(json.dumps(client.promote(int(args.what[0]), args.message)))
    except (Failed, Damaged) as failed:
        print(f"client.py: {failed}", file=sys.stderr)
        sys.exit(getattr(failed, "code", 1))


if __name__ == "__main__":
    main()

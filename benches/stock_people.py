"""Several people at one agent at once: with the stock command, or its requests, and with `lua-store`.

Each changes primitives of their own and one of all, pushes, makes versions and promotes them. What was acknowledged is written down, and looked
for at the end.
"""

import collections
import json
import os
import pathlib
import random
import re
import subprocess
import threading
import time

from stock_player import Agent, Player, Refused, key_of

HERE = pathlib.Path(__file__).resolve().parent.parent
LUA = pathlib.Path(os.environ.get("LUA_STORE", HERE / "target" / "release" / "lua-store")).resolve()
AGENT = "shop"
DESCRIPTION = re.compile(r"description: '([^']*)'")
# Refusals that a race may end in: a person reads them and goes on.
EXPECTED = {"SOURCE_OUTDATED", "SOURCE_MISSING", "NO_STAGED_CHANGES", "VERSION_ALREADY_ACTIVE"}


class Person:
    """What one person was told."""

    # Longest pause between two turns, in seconds.
    pause = 1.5

    def __init__(self, name, folder, seed):
        self.name, self.folder, self.random, self.turn = name, folder, random.Random(f"{seed}{name}"), 0
        self.counts = collections.Counter()
        # Number of a source version, and the files that it was made of: key by path.
        self.sources, self.versions, self.promotions, self.numbers, self.wrong = [], [], [], [], []

    def description(self):
        self.turn += 1
        return f"{self.name} {self.turn}"

    def take_turns(self, until):
        try:
            while time.monotonic() < until:
                self.take_turn()
                self.counts["turns"] += 1
                # A person thinks. Without this a number is always pending, and nobody else gets one.
                time.sleep(self.random.random() * self.pause)
        except Exception as error:  # noqa: BLE001: it is reported at the end
            self.wrong.append(repr(error))


class Replayed(Person):
    """Sends the requests of the command."""

    def __init__(self, name, folder, seed, url, token):
        super().__init__(name, folder, seed)
        self.player = Player(url, token, AGENT, agent())

    def take_turn(self):
        player = self.player
        player.pull()
        for primitive in player.agent.primitives:
            found = DESCRIPTION.search(player.agent.files[primitive["path"]])
            primitive["body"]["description"] = found[1]
        for primitive in own(player.agent.primitives, self):
            player.agent.write(primitive, self.description())
        try:
            self.push()
            if self.random.random() < 0.6:
                self.create()
        except Refused as refused:
            if refused.status != 409 and refused.status != 400:
                raise
            self.counts[f"refused {refused.code}"] += 1

    def push(self):
        player = self.player
        numbers, backup = player.push_all()
        self.numbers += [(primitive["kind"], primitive["name"], numbers[primitive["name"]]) for primitive in player.agent.primitives]
        self.sources.append((backup, files_of(player.agent.files)))

    def create(self):
        try:
            number = self.player.create(f"{self.name} {self.turn}")
        except Refused as refused:
            self.counts[f"refused {refused.code}"] += 1
            if refused.code not in EXPECTED:
                raise
            return
        self.versions.append(number)
        if self.random.random() < 0.5:
            self.player.promote(number)
            self.promotions.append(number)


class Stock(Person):
    """Runs the command, which is slow enough by itself."""

    pause = 0

    def __init__(self, name, folder, seed, url, token, modules):
        super().__init__(name, folder, seed)
        self.agent, self.modules = agent(), modules
        home = folder.parent / f"home-{name}"
        (home / ".lua-cli").mkdir(parents=True)
        check = {"latestVersion": "3.37.0", "checkedAt": int(time.time() * 1000)}
        (home / ".lua-cli/version-check.json").write_text(json.dumps(check))
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_COLOR": "1", "LUA_TELEMETRY": "false", "LUA_API_URL": url,
                    "LUA_AUTH_URL": url, "LUA_API_KEY": token}
        write(folder, self.agent.files)
        (folder / "node_modules").symlink_to(modules.resolve())

    def lua(self, *words):
        line = ["node", self.modules / "lua-cli/dist/index.js", *words]
        return subprocess.run(line, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def insist(self, *words):
        done = self.lua(*words)
        self.counts[f"{words[0]} exit {done.returncode}"] += 1
        if done.returncode:
            self.counts[reason(done.stderr or done.stdout)] += 1
        return done if done.returncode == 0 else None

    def take_turn(self):
        if not self.insist("pull", "--force"):
            return
        for primitive in own(self.agent.primitives, self):
            path = self.folder / primitive["path"]
            path.write_text(DESCRIPTION.sub(f"description: '{self.description()}'", path.read_text(), count=1))
        pushed = self.lua("push", "all", "--force")
        self.counts[f"push exit {pushed.returncode}"] += 1
        for name, number in re.findall(r"✅ (\S+) v(\d+\.\d+\.\d+) pushed", pushed.stdout):
            kind = next(one["kind"] for one in self.agent.primitives if one["name"] == name)
            self.numbers.append((kind, name, number))
        if pushed.returncode:
            return
        # The yaml was written after its content was sent.
        files = {path: text for path, text in read(self.folder).items() if path != "lua.skill.yaml"}
        backup = re.search(r"activeVersion: (\d+)", (self.folder / "lua.skill.yaml").read_text())
        self.sources.append((int(backup[1]), files_of(files)))
        if self.random.random() < 0.6:
            made = self.insist("version", "create", "-m", f"{self.name} {self.turn}")
            number = made and re.search(r"v(\d+)", made.stdout)
            if number:
                self.versions.append(int(number[1]))
                if self.random.random() < 0.5 and self.insist("version", "promote", number[1]):
                    self.promotions.append(int(number[1]))


class Ours(Person):
    """Runs `lua-store`."""

    def __init__(self, name, folder, seed, url, token):
        super().__init__(name, folder, seed)
        self.agent = agent()
        self.env = {**os.environ, "HOME": str(folder.parent), "LUA_STORE_AUTHOR": f"{name}@example.com", "LUA_STORE_TOKEN": token, "NO_COLOR": "1"}
        done = self.run("clone", f"{url}/{AGENT}", folder, cwd=folder.parent)
        assert done.returncode == 0, done.stderr

    def run(self, *words, cwd=None):
        return subprocess.run([LUA, *words], cwd=cwd or self.folder, env=self.env, capture_output=True, text=True)

    def json(self, *words):
        """The answer of a command; `None` if another person was faster."""
        done = self.run(*words, "--json")
        self.counts[f"{words[0]} exit {done.returncode}"] += 1
        if done.returncode not in (0, 1, 11):
            raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr}")
        if done.returncode:
            self.counts[reason(done.stderr or done.stdout)] += 1
        return json.loads(done.stdout) if done.returncode == 0 else None

    def ids(self):
        return {one["version"]: one["id"] for one in self.json("source", "list", "--all")["sourceVersions"]}

    def take_turn(self):
        if not self.json("pull", "--ours"):
            return
        for primitive in own(self.agent.primitives, self):
            path = self.folder / primitive["path"]
            path.write_text(DESCRIPTION.sub(f"description: '{self.description()}'", path.read_text(), count=1))
        for _ in range(20):
            pushed = self.json("push")
            if pushed:
                files, ids = files_of(read(self.folder)), self.ids()
                numbers = pushed["remote"]["sourceVersions"]
                self.sources += [(number, {"": ids[number]}) for number in numbers[:-1]] + [(numbers[-1], files | {"": ids[numbers[-1]]})] if numbers else []
                break
            self.counts["refused"] += 1
            self.json("pull", "--ours")
        else:
            return
        if self.random.random() < 0.5:
            made = self.json("version", "create", "-m", f"{self.name} {self.turn}")
            # Its number is one of this person's clone: another may have it at the server, and this one the next.
            promoted = made and self.json("version", "promote", "latest")
            if promoted and promoted["changed"]:
                self.promotions.append(promoted["promoted"])


def reason(text):
    """A refusal without what is different each time."""
    try:
        text = json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        pass
    return re.sub(r"[0-9a-f]{12,}|\d+(\.\d+)*", "N", text.strip())[:150]


def agent():
    return Agent(skills=3, tools=6, others=1, files=30)


def own(primitives, person):
    """A primitive of this person, and now and then the last, which is everybody's."""
    mine = [primitives[{"ana": 0, "ben": 1, "cho": 2}[person.name]]]
    return mine + ([primitives[-1]] if person.random.random() < 0.3 else [])


def write(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def read(folder):
    """Files of a project that the command sees."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        skipped = any(part.startswith(".") or part in ("node_modules", "dist", "dist-v2") for part in name.split("/"))
        if not skipped and path.is_file():
            found[name] = path.read_text()
    return found


def files_of(files):
    return {path: key_of(text.encode()) for path, text in files.items()}


def people(server, args, work):
    tokens = {name: server.token(f"{name}@example.com") for name in ("ana", "ben", "cho")}
    try:
        first = Player(server.url, tokens["ana"], AGENT, agent())
        first.push_all()
        first.promote(first.create("first"))
        make = lambda name: (name, work / name, args.seed, server.url, tokens[name])
        stock = [Stock(*make(name), args.lua) if args.lua else Replayed(*make(name)) for name in ("ana", "ben")]
        everybody = [*stock, Ours(*make("cho"))]
        until = time.monotonic() + args.minutes * 60
        threads = [threading.Thread(target=person.take_turns, args=(until,)) for person in everybody]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        wrong = Judge(server, work, everybody, tokens["ana"]).judge()
    finally:
        server.stop()
    for person in everybody:
        counts = ", ".join(f"{what} {count}" for what, count in sorted(person.counts.items()))
        print(f"{person.name} ({type(person).__name__}): {len(person.sources)} source versions, {len(person.numbers)} numbers, "
              f"{len(person.versions)} versions, {len(person.promotions)} promotions; {counts}")
    lines = server.since()
    conflicts, failures = (sum(line["status"] // 100 == status for line in lines) for status in (4, 5))
    print(f"{args.minutes:.1f} minutes, {len(lines)} requests, {conflicts} of them refused, {failures} failed")
    for what, found in wrong.items():
        print(f"{what}: {len(found)}" + "".join(f"\n  {one}" for one in found[:5]))
    return 1 if any(wrong.values()) else 0


class Judge:
    """Looks for all that was acknowledged."""

    def __init__(self, server, work, everybody, token):
        self.server, self.everybody = server, everybody
        self.reader = Player(server.url, token, AGENT, agent())
        self.clone = Ours("cho", work / "clone", 0, server.url, token)
        self.ids, self.trees = self.clone.ids(), {}

    def tree(self, version, part):
        """Files of a part of a version: id by path."""
        name = f"{version}:{part}"
        if name not in self.trees:
            self.trees[name] = {one["path"]: one["id"] for one in self.clone.json("ls-tree", "-r", name)["entries"]}
        return self.trees[name]

    def judge(self):
        sources = [(person.name, number, files) for person in self.everybody for number, files in person.sources]
        numbers = [number for _, number, _ in sources]
        return {
            "people stopped": [line for person in self.everybody for line in person.wrong],
            "source versions acknowledged twice": doubles(numbers),
            "gaps": sorted(set(range(1, len(self.ids) + 1)) ^ set(self.ids)),
            "source versions acknowledged and not as sent": [line for one in sources for line in self.other_files(*one)],
            "numbers acknowledged twice": doubles([one for person in self.everybody for one in person.numbers]),
            "numbers acknowledged and not listed": self.lost_numbers(),
            "numbers with two contents": self.reused_numbers(),
            "versions that are no source version's": self.strange_versions(),
            "promotions lost or invented": self.promotions(),
            "fsck": self.fsck(),
        }

    def other_files(self, name, number, files):
        files = dict(files)
        id = files.pop("", None)
        if number not in self.ids or (id and self.ids[number] != id):
            return [f"{name}: v{number} is not there"]
        there = {file["relativePath"]: file["hash"] for file in self.reader.ask("GET", f"{self.reader.base}/backup/manifest?version={number}")["files"]}
        differ = [path for path, key in files.items() if there.get(path) != key]
        extra = [path for path in there if files and path not in files and not path.startswith(".") and path != "lua.skill.yaml"]
        return [f"{name}: v{number} differs in {path}" for path in differ + extra]

    def lost_numbers(self):
        listed = set()
        for kind in {primitive["kind"] for primitive in agent().primitives}:
            rows = next(iter(self.reader.ask("GET", f"/developer/{kind}/{AGENT}").values()))
            for row in rows:
                answer = self.reader.ask("GET", f"/developer/{kind}/{AGENT}/{row['id']}/versions")
                versions = answer if isinstance(answer, list) else answer["versions"]
                listed |= {(kind, row["name"], one["version"]) for one in versions}
        return sorted({one for person in self.everybody for one in person.numbers} - listed)

    def reused_numbers(self):
        """A number means one content in all source versions."""
        seen, wrong = {}, []
        for number in sorted(self.ids):
            tree = self.tree(f"source/v{number}", "state")
            given = json.loads(self.clone.run("cat-file", f"source/v{number}:state/versions.json").stdout)
            for key, version in flat(given).items():
                content = tuple(tree.get(f"{key}/{part}") for part in ("definition.json", "reach.json"))
                known = seen.setdefault((key, version), (content, number))
                if known[0] != content:
                    wrong.append(f"{key} {version}: one content in v{known[1]}, another in v{number}")
        return wrong

    def strange_versions(self):
        wrong, listed = [], self.clone.json("version", "list", "--all")["versions"]
        for one in listed:
            for part in ("state", "source"):
                if self.tree(f"v{one['version']}", part) != self.tree(f"source/v{one['sourceManifestVersion']}", part):
                    wrong.append(f"v{one['version']}: {part} is not that of source version v{one['sourceManifestVersion']}")
        made = [number for person in self.everybody for number in person.versions]
        there = {one["version"] for one in listed}
        return wrong + [f"v{number} twice" for number in doubles(made)] + [f"v{number} is not there" for number in set(made) - there]

    def promotions(self):
        records = self.clone.json("log", "--ledger")["records"]
        there = collections.Counter(one["version"] for one in records if one["event"] == "promote")
        told = collections.Counter(number for person in self.everybody for number in person.promotions)
        told[1] += 1
        return [f"v{number}: {there[number]} records, {told[number]} acknowledged" for number in there | told if there[number] != told[number]]

    def fsck(self):
        found = []
        for words in (["fsck"], ["serve", "fsck", "--data", self.server.data]):
            done = self.clone.run(*words)
            found += [done.stdout + done.stderr] if done.returncode else []
        return found


def flat(numbers, above=""):
    """Numbers by key, however deep they are."""
    found = {}
    for name, value in numbers.items():
        key = f"{above}{name}"
        found |= flat(value, f"{key}/") if isinstance(value, dict) else {key: value}
    return found


def doubles(list):
    return sorted(one for one, count in collections.Counter(list).items() if count > 1)

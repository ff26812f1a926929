"""A client that sends what the stock `lua` command sends, with the numbers of its own.

An agent is generated with its bodies and bundles, so that neither Node nor a compiler is needed, and only the server's
work is measured. The flows are those of lua-cli 3.37.0: `tests/fixtures/stock-client` has recorded ones.
"""

import base64
import gzip
import hashlib
import http.client
import json
import random
import urllib.parse
import uuid

LISTS = ["skills", "webhooks", "triggers", "mcp", "preprocessors", "jobs", "postprocessors", "devices", "device-triggers",
         "voice-agents", "workflows"]
SETTINGS = [{"model": "openai/gpt-4o"}, {"modelSettings": None}, {"batchingConfig": None}, {"browser": None}, {"voices": []}]
TOOL = """import {{ LuaTool }} from 'lua-cli';
import {{ z }} from 'zod';
import {{ find }} from '../../lib/part{part}';

export default class Tool{number} implements LuaTool {{
  name = 'tool_{number}';
  description = 'Looks for {number}';
  inputSchema = z.object({{ query: z.string() }});
  async execute(input: any) {{ return find(input.query); }}
}}
"""
SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"], "additionalProperties": False}


def key_of(data):
    """Name of a file: 16 digits of the hash of its text."""
    return hashlib.sha256(data).hexdigest()[:16]


class Agent:
    """Files and primitives of an agent. Its size is that of the template of lua-cli with its examples."""

    def __init__(self, skills=3, tools=19, others=1, files=73):
        self.files, self.primitives, self.bundles, imports, lists = {}, [], {}, [], {}
        for number in range(skills):
            own = range(number * tools // skills, (number + 1) * tools // skills)
            for tool in own:
                self.files[f"src/skills/tools/Tool{tool}.ts"] = TOOL.format(number=tool, part=tool % 9)
            lines = [f"import Tool{tool} from './tools/Tool{tool}';" for tool in own]
            made = ", ".join(f"new Tool{tool}()" for tool in own)
            self.add("skills", f"skill-{number}", f"src/skills/skill{number}.ts", "\n".join(["import { LuaSkill } from 'lua-cli';", *lines, ""]),
                     f"new LuaSkill({{ name: 'skill-{number}', description: '@', context: 'Use this for {number}.', tools: [{made}] }})",
                     {"context": f"Use this for {number}.", "tools": [self.tool(tool) for tool in own]}, imports, lists)
        for number in range(others):
            for kind, one, fields, body in [
                ("webhooks", "LuaWebhook", "execute: async () => ({ done: true })", {}),
                ("jobs", "LuaJob", "schedule: { type: 'cron', expression: '0 3 * * *' }, execute: async () => ({ done: true })",
                 {"schedule": {"type": "cron", "expression": "0 3 * * *"}}),
                ("preprocessors", "PreProcessor", "execute: async () => ({ action: 'proceed' })", {"async": False}),
                ("postprocessors", "PostProcessor", "execute: async () => ({ modifiedResponse: '' })", {}),
            ]:
                name = f"{kind[:-1]}-{number}"
                self.add(kind, name, f"src/{kind}/{name}.ts", f"import {{ {one} }} from 'lua-cli';\n",
                         f"new {one}({{ name: '{name}', description: '@', {fields} }})",
                         {**body, "codeS3Hash": self.bundle(name)}, imports, lists)
        fields = {"preprocessors": "preProcessors", "postprocessors": "postProcessors"}
        listed = ", ".join(f"{fields.get(kind, kind)}: [{', '.join(names)}]" for kind, names in lists.items())
        self.files["src/index.ts"] = ("import { LuaAgent } from 'lua-cli';\n" + "\n".join(imports) +
                                      f"\n\nexport const agent = new LuaAgent({{ name: 'shop', persona: 'You are Ava.', model: 'openai/gpt-4o', {listed} }});\n")
        self.files["package.json"] = '{"name": "shop", "dependencies": {"lua-cli": "3.37.0", "zod": "^3"}}\n'
        self.files["tsconfig.json"] = '{"compilerOptions": {"strict": true}}\n'
        self.files["lua.skill.yaml"] = "agent:\n  agentId: shop\n  orgId: org\nupdated: 0\n"
        for part in range(9):
            self.files[f"src/lib/part{part}.ts"] = f"export function find(query: string) {{\n  return [query, '{part}'];\n}}\n" + f"// {part}\n" * 30
        # The examples of the template: a part of them are equal.
        for number in range(files - len(self.files)):
            self.files[f"docs/examples/example{number}.md"] = f"# Example {number % 7}\n\n" + "How this works, step by step.\n" * 40

    def tool(self, number):
        path = f"src/skills/tools/Tool{number}.ts"
        return {"name": f"tool_{number}", "description": f"Looks for {number}", "inputSchema": SCHEMA,
                "codeS3Hash": self.bundle(f"tool{number}"), "source": self.files[path], "entryFile": path}

    def bundle(self, name):
        """A compiled bundle of 20 kB packed."""
        code = base64.b64encode(random.Random(name).randbytes(15_000))
        packed = gzip.compress(code, mtime=0)
        key = hashlib.sha256(packed).hexdigest()
        self.bundles[key] = packed
        return key

    def add(self, kind, name, path, head, code, body, imports, lists):
        self.primitives.append({"kind": kind, "name": name, "path": path, "head": head, "code": code, "body": body})
        variable = name.replace("-", "")
        lists.setdefault(kind, []).append(variable)
        imports.append(f"import {variable} from './{path.removeprefix('src/').removesuffix('.ts')}';")
        self.write(self.primitives[-1], "First")

    def write(self, primitive, description):
        """Another description, in the file and in the body."""
        primitive["body"]["description"] = description
        self.files[primitive["path"]] = primitive["head"] + "\nexport default " + primitive["code"].replace("@", description) + ";\n"

    def hashes(self, primitive):
        own = [tool["codeS3Hash"] for tool in primitive["body"].get("tools", [])]
        return own or [primitive["body"]["codeS3Hash"]]


class Refused(Exception):
    def __init__(self, method, path, status, text):
        super().__init__(f"{method} {path}: {status} {text[:300]}")
        self.status = status
        try:
            self.body = json.loads(text)
        except ValueError:
            self.body = {}

    @property
    def code(self):
        return self.body.get("code")


class Player:
    """One person: an address, a token, an agent, and one connection."""

    def __init__(self, url, token, agent_id, agent):
        self.url, self.token, self.id, self.agent = url, token, agent_id, agent
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"))
        self.base = f"/developer/agents/{agent_id}"
        self.backup, self.requests = None, 0

    def ask(self, method, path, body=None, headers=None):
        self.requests += 1
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "X-Lua-Client": "cli/3.37.0"}
        if method == "POST":
            head["X-Idempotency-Key"] = str(uuid.uuid4())
        data = json.dumps(body).encode() if body is not None else None
        status, answer = self.raw(method, path, data, {**head, **(headers or {})})
        if status >= 300:
            raise Refused(method, path, status, answer.decode())
        return json.loads(answer)

    def raw(self, method, path, data, headers):
        self.connection.request(method, path, data, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def at(self, url, method="GET", data=None):
        """A signed address, without a token."""
        self.requests += 1
        parts = urllib.parse.urlsplit(url)
        status, answer = self.raw(method, f"{parts.path}?{parts.query}", data, {"Content-Type": "application/octet-stream"})
        if status >= 300:
            raise Refused(method, parts.path, status, answer.decode())
        return answer

    def lists(self, names=LISTS):
        answers = {}
        for kind in names:
            if kind == "mcp":
                self.ask("GET", f"{self.base}/mcp-servers")
            else:
                answers[kind] = self.ask("GET", f"/developer/{kind}/{self.id}")
        return answers

    def push_all(self, bundles=True):
        """`push all --force`. Gives the numbers that it pushed and the number of its backup."""
        known = self.lists()
        ids = {(kind, row["name"]): row["id"] for kind, rows in known.items() for row in next(iter(rows.values()))}
        for primitive in self.agent.primitives:
            place = primitive["kind"], primitive["name"]
            if place not in ids:
                fields = {field: primitive["body"][field] for field in ("description", "context", "schedule") if field in primitive["body"]}
                made = self.ask("POST", f"/developer/{place[0]}/{self.id}", {"name": place[1], **fields})
                ids[place] = made["id"]
        kinds = sorted({primitive["kind"] for primitive in self.agent.primitives})
        highest = self.highest(self.lists(kinds))
        pushed = {}
        for primitive in self.agent.primitives:
            pushed[primitive["name"]] = self.push(primitive, ids[primitive["kind"], primitive["name"]], highest, bundles)
        self.ask("POST", f"{self.base}/persona/version", {"persona": "You are Ava."})
        base, _, rest = self.id.partition("_")
        for setting in SETTINGS:
            self.ask("PATCH", f"/agents/{base}/sub-agent", {"id": rest or base, **setting})
        self.push_backup()
        for primitive in self.agent.primitives:
            if primitive["kind"] == "skills":
                number = pushed[primitive["name"]]
                self.ask("PUT", f"/developer/skills/{self.id}/{ids['skills', primitive['name']]}/version/{number}/source",
                         {"sourceArchive": "", "archiveSchemaVersion": 1, "tools": []})
        return pushed, self.backup

    @staticmethod
    def highest(answers):
        rows = [(kind, row) for kind, answer in answers.items() for row in next(iter(answer.values()))]
        numbers = {(kind, row["name"]): [tuple(map(int, one["version"].split("."))) for one in row["versions"]] for kind, row in rows}
        return {place: max(given, default=(1, 0, 0)) for place, given in numbers.items()}

    def push(self, primitive, id, highest, bundles=True):
        """One number. If somebody else gave it meanwhile the command asks again, and tries once more."""
        place, tried = (primitive["kind"], primitive["name"]), False
        if bundles:
            hashes = self.agent.hashes(primitive)
            sums = {key: base64.b64encode(bytes.fromhex(key)).decode() for key in hashes}
            urls = self.ask("POST", f"{self.base}/backup/blob-upload-urls", {"hashes": hashes, "checksums": sums})["urls"]
            for key in self.ask("POST", f"{self.base}/backup/check-blobs", {"hashes": hashes})["missing"]:
                self.at(urls[key], "PUT", self.agent.bundles[key])
        while True:
            major, minor, patch = highest.get(place, (1, 0, 0))
            number = f"{major}.{minor}.{patch + 1}"
            body = {"name": primitive["name"], **primitive["body"], "version": number, f"{place[0][:-1]}Id": id}
            if "tools" in primitive["body"]:
                body |= {"sourceArchive": "", "archiveSchemaVersion": 1}
            try:
                self.ask("POST", f"/developer/{place[0]}/{self.id}/{id}/version", body)
                return number
            except Refused as refused:
                if tried or refused.status != 409 or "already exists" not in refused.body["message"]:
                    raise
                highest, tried = self.highest(self.lists([place[0]])), True

    def push_backup(self, triggered_by="batch push"):
        """The files: what the server has not, then the manifest."""
        yaml = self.agent.files["lua.skill.yaml"].rpartition("updated: ")[0]
        self.agent.files["lua.skill.yaml"] = f"{yaml}updated: {uuid.uuid4()}\n"
        files = {path: text.encode() for path, text in self.agent.files.items()}
        keys = {key_of(data): data for data in files.values()}
        missing = self.ask("POST", f"{self.base}/backup/check-blobs", {"hashes": list(keys)})["missing"]
        if missing:
            urls = self.ask("POST", f"{self.base}/backup/blob-upload-urls", {"hashes": missing})["urls"]
            for key in missing:
                self.at(urls[key], "PUT", gzip.compress(keys[key], 6))
        rows = [{"relativePath": path, "hash": key_of(data), "size": len(data), "type": "source"} for path, data in sorted(files.items())]
        hash = hashlib.sha256("|".join(row["hash"] for row in rows).encode()).hexdigest()
        sent = {"projectHash": hash, "files": rows, "orgId": "org", "createdBy": "cli", "triggeredBy": triggered_by}
        self.backup = self.ask("POST", f"{self.base}/backup/manifest", sent)["activeVersion"]
        return self.backup

    def create(self, message):
        """`version create`."""
        return self.ask("POST", f"{self.base}/versions", {"message": message, "sourceManifestVersion": self.backup})["version"]

    def promote(self, number):
        return self.ask("POST", f"{self.base}/versions/{number}/promote", {})

    def restore(self, number):
        """Manifest and files of a backup, each file once, as `pull` and `source rollback` take them."""
        manifest = self.ask("GET", f"{self.base}/backup/manifest?version={number}")
        hashes = [file["hash"] for file in manifest["files"]]
        urls = self.ask("POST", f"{self.base}/backup/blob-urls", {"hashes": hashes})["urls"]
        contents = {key: gzip.decompress(self.at(urls[key])) for key in dict.fromkeys(hashes)}
        return {file["relativePath"]: contents[file["hash"]].decode() for file in manifest["files"]}

    def rollback(self, number):
        """`source rollback`."""
        self.agent.files = self.restore(number)
        return self.push_backup(f"rollback to v{number}")

    def pull(self):
        """`pull`: the files of the newest backup."""
        newest = self.ask("GET", f"{self.base}/backup/versions?all=true")["versions"][0]["version"]
        self.agent.files, self.backup = self.restore(newest), newest

    def check(self):
        """`sync --check`."""
        self.lists()
        self.ask("GET", f"/admin/agents/{self.id}")
        self.ask("GET", f"{self.base}/persona/versions?status=published")
        self.lists(LISTS[:6])
        self.ask("GET", f"{self.base}/backup")

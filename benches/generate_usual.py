"""Agent projects as people write them, made from a seed: only forms that the stock compiler reads, so that its
manifest is the truth. Used by `compare_stock.py --usual`.

`project(seed, folder, size)` writes one. `generate.py` makes the forms that the stock compiler leaves out.
"""

import json
import os
import random

THINGS = "order basket price label refund parcel coupon review stock ticket seat route invoice tenant vendor leave sample".split()
VERBS = "get list create update cancel search check send track approve".split()
TEXTS = [
    "Finds what the customer asked for", "It's quick, and \"quoted\"", "Größe 5 € 🙂 — with a dash", "Use this first. Always.",
    "Costs 5 $ or 10 %; see #1", "Back\\slash and `ticks`", "  spaces around  ", "مرحبا بالعالم", "a | b & c < d > e",
]
LINES = [
    "# Identity", "You are careful.", "- Never guess", "- Say `thanks`", "", "1. Ask", "2. Answer: \"yes\" or 'no'", "Price: $5 (not ${it})",
    "Tabs\there", "Emoji 👋🏽", "C:\\path\\to", "   indented",
]
LAYOUTS = {
    "template": {"skill": "src/skills/{n}.skill.ts", "tool": "src/skills/tools/{N}Tool.ts", "job": "src/jobs/{N}Job.ts", "webhook": "src/webhooks/{N}Webhook.ts",
                 "pre": "src/preprocessors/{n}.ts", "post": "src/postprocessors/{n}.ts", "mcp": "src/mcp/{n}.ts", "lib": "src/services/{N}Service.ts"},
    "flat": {"skill": "src/{n}-skill.ts", "tool": "src/tools/{n}.ts", "job": "src/{n}-job.ts", "webhook": "src/{n}-hook.ts", "pre": "src/{n}.pre.ts",
             "post": "src/{n}.post.ts", "mcp": "src/{n}.mcp.ts", "lib": "src/lib/{n}.ts"},
    "features": {"skill": "src/features/{t}/skill.ts", "tool": "src/features/{t}/tools/{n}.tool.ts", "job": "src/features/{t}/{n}.job.ts",
                 "webhook": "src/features/{t}/{n}.webhook.ts", "pre": "src/processors/{n}.ts", "post": "src/processors/{n}.ts", "mcp": "src/integrations/{n}.ts",
                 "lib": "src/shared/{n}.ts"},
}


def pascal(name):
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-"))


def camel(name):
    return pascal(name)[0].lower() + pascal(name)[1:]


def ticks(value):
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${") + "`"


def single(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


class File:
    def __init__(self, project, path):
        self.project, self.path, self.imports, self.body = project, path, [], []
        project.files[path] = self

    def use(self, line):
        if line not in self.imports:
            self.imports.append(line)

    def say(self, text):
        self.body.append(text)

    def text(self):
        return "\n".join(self.imports) + "\n\n" + "\n\n".join(self.body) + "\n"


class Project:
    def __init__(self, seed, size):
        self.random = random.Random(seed)
        self.size, self.files, self.raw, self.count, self.names = size, {}, {}, 0, set()
        self.layout = LAYOUTS[self.pick(sorted(LAYOUTS))]
        self.suffix = self.pick(["", "", ".js"])
        self.alias = not self.suffix and self.chance(0.35)
        self.cli = self.pick(["'lua-cli'", '"lua-cli"'])

    def pick(self, options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def name(self, joint="-"):
        while True:
            name = f"{self.pick(VERBS)}-{self.pick(THINGS)}" + (f"-{self.random.randrange(2, 99)}" if self.chance(0.3) else "")
            if name not in self.names:
                self.names.add(name)
                return name.replace("-", joint)

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def open(self, kind, name):
        name = name.replace("_", "-")
        thing = name.split("-")[1]
        path = self.layout[kind].format(n=name, N=pascal(name), t=thing + (f"-{self.fresh('')}" if kind == "skill" else ""))
        while path in self.files:
            path = path[:-3] + self.fresh("") + ".ts"
        return File(self, path)

    def specifier(self, at, target):
        inner = target.path[:-3]
        if self.alias and self.chance(0.6) and inner.startswith("src/"):
            return "@/" + inner.removeprefix("src/")
        up = os.path.relpath(inner, os.path.dirname(at.path) or ".")
        return (up if up.startswith(".") else "./" + up) + self.suffix

    def bring(self, at, target, name, default):
        """Imports an export; gives the local name, which is the exported one as people write it."""
        spot = self.specifier(at, target)
        if default:
            at.use(f"import {name} from '{spot}';")
        elif self.chance(0.2):
            barrel_path = os.path.join(os.path.dirname(target.path), "index.ts")
            if barrel_path == "src/index.ts":
                at.use(f"import {{ {name} }} from '{spot}';")
                return name
            barrel = self.files.get(barrel_path) or File(self, barrel_path)
            inner = "./" + os.path.basename(target.path)[:-3] + self.suffix
            barrel.use(self.pick([f"export * from '{inner}';", f"export {{ {name} }} from '{inner}';"]))
            folder = os.path.relpath(os.path.dirname(target.path), os.path.dirname(at.path) or ".")
            folder = folder if folder.startswith(".") else "./" + folder
            at.use(f"import {{ {name} }} from '{folder}/index{self.suffix}';" if self.suffix or folder in (".", "..") else f"import {{ {name} }} from '{folder}';")
        else:
            at.use(f"import {{ {name} }} from '{spot}';")
        return name

    # Values.

    def line(self):
        return self.pick(TEXTS)

    def page(self):
        return "\n".join(self.pick(LINES) for _ in range(self.random.randrange(2, 9)))

    def text(self, at, value, rich=True):
        name = self.fresh("TEXT_")

        def const():
            at.say(f"const {name} = {self.pick([single, json_text, ticks])(value)};")
            return name

        def imported():
            other = self.files.get("src/constants.ts") or File(self, "src/constants.ts")
            other.say(f"export const {name} = {self.pick([single, json_text])(value)};")
            return self.bring_constant(at, other, name)

        def concat():
            half = len(value) // 2
            return f"{single(value[:half])} +\n    {single(value[half:])}"

        def joined():
            return "[\n" + "".join(f"    {single(line)},\n" for line in value.split("\n")) + "  ].join('\\n')"

        def hole():
            at.say(f"const {name} = {single(value[:3])};")
            return f"`${{{name}}}" + ticks(value[3:])[1:]

        forms = [lambda: single(value), lambda: json_text(value), lambda: ticks(value), lambda: ticks(value)]
        if rich:
            forms += [const, imported, concat, joined, hole]
        return self.pick(forms)()

    def persona(self, at):
        other = File(self, self.pick(["src/persona.ts", "src/prompts/persona.ts", "src/config/persona.ts"]))
        form = self.random.randrange(8)
        name = self.pick(["PERSONA", "persona", "SYSTEM_PROMPT"])
        if form == 0:
            other.say(f"export const {name} = {ticks(self.page())};")
        elif form == 1:
            other.say(f"export const {name} = {ticks(self.page())}.trim();")
        elif form == 2:
            other.say(f"const RULES = {ticks(self.page())};\nconst TONE = {single(self.line())};\n\nexport const {name} = `${{RULES}}\n\n## Tone\n${{TONE}}\n`;")
        elif form == 3:
            other.say(f"const parts: string[] = [{ticks(self.page())}, {single(self.line())}];\n\nexport const {name} = parts.join('\\n\\n');")
        elif form == 4:
            other.say(f"export const EXTRA = {single(self.line())};\n\nexport function withParts(base: string, ...blocks: string[]): string {{\n"
                      "  return [base.trim(), EXTRA, ...blocks.map((b) => b.trim())].filter(Boolean).join('\\n\\n');\n}")
            at.use(f"import {{ withParts }} from '{self.specifier(at, other)}';")
            return f"withParts({ticks(self.page())}, {single(self.line())})"
        elif form == 5:
            self.raw[os.path.join(os.path.dirname(other.path), "persona.md")] = self.page()
            other.use("import { readFileSync } from 'fs';")
            other.use("import { join } from 'path';")
            other.say(f"export const {name} = readFileSync(join(__dirname, 'persona.md'), 'utf-8').trim();")
        elif form == 6:
            other.say(f"const RAW = {ticks(self.page())};\n\nexport const {name} = RAW.replace(/^\\s+/gm, '').replace(/[ \\t]+/g, ' ').trim();")
        else:
            # `export default` of a literal is left out by the stock compiler: it needs a name.
            other.say(f"const {name} = {ticks(self.page())};\n\nexport default {name};")
            at.use(f"import {name} from '{self.specifier(at, other)}';")
            return name
        at.use(f"import {{ {name} }} from '{self.specifier(at, other)}';")
        return name

    def bring_constant(self, at, other, name):
        at.use(f"import {{ {name} }} from '{self.specifier(at, other)}';")
        return name

    # Schemas.

    def schema(self, depth=0):
        text = json_text(self.line())
        leaf = [
            "z.string()", "z.string().min(1)", "z.string().min(2).max(40)", "z.string().email()", "z.string().url()", "z.string().uuid()", "z.number()",
            "z.number().int().positive()", "z.number().min(0).max(100)", "z.boolean()", "z.enum(['low', 'medium', 'high'])", "z.string().datetime()",
            "z.literal('only')", "z.any()", "z.unknown()", "z.coerce.number()", "z.number().int().min(1).max(50).default(10)", "z.string().default('none')",
            "z.boolean().default(false)", "z.string().regex(/^[A-Z]{2}-\\d+$/)", "z.string().trim().min(1)", "z.date()", "z.record(z.string(), z.any())",
            "z.array(z.string()).min(1)", "z.record(z.string())", "z.string().optional().nullable()", "z.union([z.string(), z.number()])", "z.null()",
        ]
        deep = [
            lambda: f"z.array({self.schema(depth + 1)})", lambda: f"z.object({{ id: {self.schema(depth + 1)}, note: {self.schema(depth + 1)} }})",
            lambda: f"z.array(z.object({{ sku: z.string(), quantity: {self.schema(depth + 1)} }}))", lambda: f"z.record(z.string(), {self.schema(depth + 1)})",
            lambda: "z.discriminatedUnion('type', [z.object({ type: z.literal('card'), last4: z.string() }), z.object({ type: z.literal('cash') })])",
            lambda: f"z.tuple([z.string(), {self.schema(depth + 1)}])", lambda: f"z.union([z.object({{ a: z.string() }}), {self.schema(depth + 1)}])",
        ]
        made = self.pick(leaf) if depth > 1 or self.chance(0.75) else self.pick(deep)()
        for suffix in [f".describe({text})", ".optional()", ".nullable()", f".optional().describe({text})", f".describe({text}).optional()"]:
            if self.chance(0.2):
                return made + suffix
        return made

    def object(self):
        fields = [f"    {self.pick(THINGS)}{at or ''}: {self.schema()},\n" for at in range(self.random.randrange(5))]
        made = "z.object({\n" + "".join(fields) + "  })"
        return made + self.pick(["", "", "", "", ".strict()", ".passthrough()", ".partial()", ".describe('All of it')"])

    def schema_at(self, at):
        at.use("import { z } from 'zod';")
        name = self.fresh("schema")

        def const():
            at.say(f"const {name} = {self.object()};\n\ntype {name.capitalize()} = z.infer<typeof {name}>;")
            return name

        def extended():
            at.say(f"const {name} = z.object({{ id: z.string(), when: {self.schema()} }});")
            return f"{name}.extend({{ extra: {self.schema()} }})"

        def elsewhere():
            thing = self.fresh("Payload")
            other = self.files.get("src/schemas.ts") or File(self, "src/schemas.ts")
            other.use("import { z } from 'zod';")
            other.say(f"export const {thing} = {self.object()};\nexport type {thing}Input = z.infer<typeof {thing}>;")
            at.use(f"import {{ {thing}, type {thing}Input }} from '{self.specifier(at, other)}';")
            return thing

        def enumerated():
            at.say(f"enum {name}Kind {{ Open = 'open', Closed = 'closed' }}\n\nconst {name}Levels = ['low', 'high'] as const;")
            return f"z.object({{ kind: z.nativeEnum({name}Kind), level: z.enum({name}Levels).optional() }})"

        def listed():
            other = self.files.get("src/constants.ts") or File(self, "src/constants.ts")
            constant = self.fresh("VALUES_")
            other.say(f"export const {constant} = ['a', 'b', 'c'] as const;")
            at.use(f"import {{ {constant} }} from '{self.specifier(at, other)}';")
            return f"z.object({{ one: z.enum({constant}).describe('One of them') }})"

        def shaped():
            at.say(f"const {name}Shape = {{ page: z.number().int().default(1), size: z.number().max(50) }};")
            return f"z.object({{ ...{name}Shape, query: {self.schema()} }})"

        def merged():
            at.say(f"const {name} = z.object({{ id: z.string(), when: {self.schema()} }});")
            return self.pick([f"{name}.merge(z.object({{ b: z.boolean() }}))", f"{name}.pick({{ id: true }})", f"{name}.omit({{ when: true }})", f"z.array({name})",
                              f"z.object({{ item: {name}, items: z.array({name}) }})", f"{name}.refine((v) => v.id !== '', 'no')"])

        return self.pick([self.object] * 4 + [const, extended, elsewhere, enumerated, listed, shaped, merged])()

    # Primitives. Each gives the file, the export's name, and whether it is the default.

    def export(self, at, name, expression):
        form = self.random.randrange(4)
        if form == 0:
            at.say(f"export const {name} = {expression};")
            return at, name, False
        if form == 1:
            at.say(f"const {name} = {expression};\n\nexport default {name};")
            return at, name, True
        if form == 2:
            at.say(f"export default {expression};")
            return at, name, True
        at.say(f"const {name} = {expression};\n\nexport {{ {name} }};")
        return at, name, False

    def literal(self, fields):
        return "{\n" + "".join(f"  {key}: {value},\n" if value is not None else f"  {key},\n" for key, value in fields) + "}"

    def tool(self):
        name = self.name(self.pick(["_", "-"]))
        at = self.open("tool", name)
        klass = pascal(name) + self.pick(["Tool", ""])
        schema = self.schema_at(at)
        description = self.text(at, self.pick([self.line(), self.page()]))
        named = self.text(at, name, self.chance(0.2))
        at.use(f"import {{ LuaTool, User, Data }} from {self.cli};")
        body = "  async execute(input: any) {\n    const user = await User.get();\n    return { ok: true, user, input };\n  }\n"
        condition = "  condition = async () => true;\n" if self.chance(0.15) else ""
        form = self.random.randrange(9)
        if form == 8:
            at.say(f"const inputSchema = {schema};\n\ntype Input = z.infer<typeof inputSchema>;")
            at.imports = [line for line in at.imports if "LuaTool" not in line]
            at.use(f"import {{ User, type LuaTool }} from {self.cli};")
            local = camel(name) + "Tool"
            at.say(f"export const {local}: LuaTool = {{\n  name: {named},\n  description: {description},\n  inputSchema,\n\n  execute: async (input: Input) => ({{ input }}),\n}};")
            return at, local, False, False
        if form == 0:
            at.imports = [line for line in at.imports if "LuaTool" not in line]
            at.use(f"import {{ User, type LuaTool }} from {self.cli};")
            local = camel(name) + "Tool"
            at.say(f"export const {local}: LuaTool = {{\n  name: {named},\n  description: {description},\n  inputSchema: {schema},\n{body.rstrip()},\n}};")
            return at, local, False, False
        if form == 1:
            base = self.files.get("src/base.ts")
            if base is None:
                base = File(self, "src/base.ts")
                base.use(f"import {{ LuaTool }} from {self.cli};")
                base.use("import { z } from 'zod';")
                base.say("export abstract class BaseTool implements LuaTool {\n  abstract name: string;\n  abstract description: string;\n"
                         "  inputSchema: any = z.object({ id: z.string() });\n  async execute(input: any): Promise<any> {\n    return input;\n  }\n}")
            at.use(f"import {{ BaseTool }} from '{self.specifier(at, base)}';")
            own = f"  inputSchema = {schema};\n" if self.chance(0.5) else ""
            at.say(f"export class {klass} extends BaseTool {{\n  name = {named};\n  description = {description};\n{own}{condition}{body}}}")
            return at, klass, False, True
        head = self.pick(["", "", "readonly ", "public readonly "])
        fields = f"  {head}name = {named};\n  {head}description = {description};\n  {head}inputSchema = {schema};\n{condition}"
        if self.chance(0.2):
            fields += "  private cache = new Map<string, number>();\n  constructor(private readonly store = Data) {}\n"
        text = f"class {klass} implements LuaTool {{\n{fields}\n{body}}}"
        default = self.chance(0.5)
        at.say(("export default " if default else "export ") + text)
        return at, klass, default, True

    def tools_file(self):
        """Several tools in one file."""
        first = self.name("_")
        at = self.open("tool", first)
        at.use(f"import {{ LuaTool }} from {self.cli};")
        found = []
        for name in [first] + [self.name("_") for _ in range(self.random.randrange(1, 3))]:
            klass = pascal(name) + "Tool"
            description, schema = self.text(at, self.line()), self.schema_at(at)
            at.say(f"export class {klass} implements LuaTool {{\n  name = {single(name)};\n  description = {description};\n  inputSchema = {schema};\n\n"
                   "  async execute(input: any) { return input; }\n}")
            found.append((at, klass, False, True))
        return found

    def skill(self):
        name = self.name() + self.pick(["", "-skill"])
        tools = [self.tool() for _ in range(self.random.randrange(1, 4))] if self.chance(0.7) else self.tools_file()
        at = self.open("skill", name)
        at.use(f"import {{ LuaSkill }} from {self.cli};")
        uses = [(f"new {self.bring(at, *one[:3])}()" if one[3] else self.bring(at, *one[:3])) for one in tools]
        listed = "[\n" + "".join(f"    {use},\n" for use in uses) + "  ]"
        if self.chance(0.2):
            listed_name = self.fresh("tools")
            at.say(f"const {listed_name} = {listed};")
            listed = self.pick([listed_name, f"[...{listed_name}]"])
        local = camel(name) + ("" if name.endswith("skill") else "Skill")
        fields = [("name", single(name)), ("description", self.text(at, self.line())), ("context", self.text(at, self.page()))]
        later = self.chance(0.15)
        if not later:
            fields.append(("tools", listed))
        if self.chance(0.1):
            fields.append(("condition", "async () => true"))
        if not later:
            return self.export(at, local, f"new LuaSkill({self.literal(fields)})")
        at.say(f"export const {local} = new LuaSkill({self.literal(fields)});\n\n{local}.addTools({listed});")
        return at, local, False

    def job(self):
        name = self.name()
        at = self.open("job", name)
        at.use(f"import {{ LuaJob, env }} from {self.cli};")
        schedule = self.pick([
            "{ type: 'cron', expression: '0 9 * * 1-5', timezone: 'Africa/Nairobi' }", "{\n    type: 'cron',\n    expression: '*/15 * * * *', // often\n  }",
            "{ type: 'interval', seconds: 900 }", "{ type: 'cron' as const, expression: \"0 2 * * *\" }", "{ type: 'interval', seconds: 15 * 60 }",
        ])
        if self.chance(0.2):
            at.say(f"const SCHEDULE = {schedule};")
            schedule = "SCHEDULE"
        fields = [("name", single(name)), ("description", self.text(at, self.line())), ("schedule", schedule)]
        if self.chance(0.4):
            fields.append(("timeout", self.pick(["120", "60 * 10", "30_000"])))
        if self.chance(0.4):
            fields.append(("retry", "{ maxAttempts: 3, backoffSeconds: 60 }"))
        if self.chance(0.2):
            fields.append(("metadata", "{ team: 'ops' }"))
        fields.append(("execute", "async (job) => {\n    const key = env('KEY') || '';\n    return { success: true, key };\n  }"))
        return self.export(at, camel(name) + "Job", f"new LuaJob({self.literal(fields)})")

    def webhook(self):
        name = self.name()
        at = self.open("webhook", name)
        at.use(f"import {{ LuaWebhook }} from {self.cli};")
        fields = [("name", single(name)), ("description", self.text(at, self.line()))]
        if self.chance(0.6):
            fields += [(key, self.schema_at(at)) for key in ("querySchema", "headerSchema", "bodySchema") if self.chance(0.6)]
        fields.append(("execute", "async (event) => {\n    const { body } = event as any;\n    return { ok: true, body };\n  }"))
        return self.export(at, camel(name) + "Webhook", f"new LuaWebhook({self.literal(fields)})")

    def trigger(self):
        name = self.name()
        at = self.open("webhook", name)
        at.use(f"import {{ defineTrigger }} from {self.cli};")
        fields = [("name", single(name)), ("description", self.text(at, self.line()))]
        if self.chance(0.6):
            fields.append(("inputSchema", self.schema_at(at)))
        fields += [("verify", "(ctx: any) => true"), ("transform", "(ctx: any) => ({ text: 'x' })")]
        if self.chance(0.3):
            fields[-1] = ("tool", "{ name: 'search_things', input: (ctx: any) => ({}) }")
        return self.export(at, camel(name) + "Trigger", f"defineTrigger({self.literal(fields)})")

    def processor(self, kind, klass):
        name = self.name()
        at = self.open(kind, name)
        at.use(f"import {{ {klass} }} from {self.cli};")
        fields = [("name", single(name)), ("description", self.text(at, self.line()))]
        if self.chance(0.5):
            fields.append(("priority", str(self.random.randrange(1, 99))))
        if kind == "pre" and self.chance(0.4):
            fields.append(("async", self.pick(["true", "false"])))
        fields.append(("execute", "async (user: any, messages: any) => ({ action: 'proceed' as const })"))
        return self.export(at, camel(name), f"new {klass}({self.literal(fields)})")

    def server(self):
        name = self.name()
        at = self.open("mcp", name)
        at.use(f"import {{ LuaMCPServer, env }} from {self.cli};")
        fields = [("name", single(name)), ("transport", self.pick(["'streamable-http'", "'sse'", '"sse"']))]
        if self.chance(0.3):
            fields.insert(1, ("description", self.text(at, self.line())))
        if self.chance(0.2):
            at.say("const resolveUrl = () => env('MCP_URL') || 'https://mcp.example.com/x';")
        fields.append(("url", "resolveUrl" if "resolveUrl" in at.text() else self.pick(["'https://mcp.example.com/mcp'", "() => `https://${env('HOST')}/mcp`"])))
        if self.chance(0.4):
            fields.append(("headers", self.pick(["() => ({ Authorization: `Bearer ${env('TOKEN')}` })", "{}"])))
        if self.chance(0.4):
            fields.append(("timeout", "15000"))
        return self.export(at, camel(name) + "Server", f"new LuaMCPServer({self.literal(fields)})")

    def device(self):
        name = self.name()
        at = self.open("mcp", name)
        at.use(f"import {{ defineDevice }} from {self.cli};")
        fields = [("name", single(name)), ("description", self.text(at, self.line()))]
        if self.chance(0.4):
            fields.append(("group", "'printers'"))
        fields.append(("commands", f"{{ print: {{ description: 'Prints', inputSchema: {self.schema_at(at)}, timeoutMs: 3000 }} }}"))
        return self.export(at, camel(name) + "Device", f"defineDevice({self.literal(fields)})")

    def device_trigger(self):
        name = self.name()
        at = self.open("mcp", name)
        at.use(f"import {{ defineDeviceTrigger }} from {self.cli};")
        fields = [("name", single(name)), ("description", self.text(at, self.line())), ("payloadSchema", self.schema_at(at)),
                  ("execute", "async (payload: any) => ({ payload })")]
        return self.export(at, camel(name) + "DeviceTrigger", f"defineDeviceTrigger({self.literal(fields)})")

    def voice(self):
        name = self.name()
        at = self.open("mcp", name)
        at.use(f"import {{ defineVoice }} from {self.cli};")
        fields = [("name", single(name)), ("llm", self.pick(["'openai/gpt-4.1-mini'", "new inference.LLM({ model: 'openai/gpt-4.1', temperature: 0.4 })"])),
                  ("stt", self.pick(["'deepgram/nova-3:en'", "'deepgram/nova-3'", "new deepgram.STT({ model: 'nova-3', language: 'en' })"])),
                  ("tts", self.pick(["'cartesia/sonic-3:abc'", "{ model: 'cartesia/sonic-3', voice: 'abc' }", "new elevenlabs.TTS({ voiceId: 'x' })"]))]
        if any("new " in value for _, value in fields):
            at.use("import { inference, deepgram, elevenlabs } from 'lua-cli/voice';")
        extra = [("greeting", self.text(at, "Hello there, how can I help?")), ("turnDetection", "'multilingual'"), ("maxToolSteps", "4"), ("preemptiveGeneration", "true"),
                 ("interruption", "{ mode: 'adaptive', minDelay: 0.5 }"), ("onEnter", "async (ctx: any) => {}"), ("volume", "80"), ("userAwayTimeout", "15"),
                 ("pronunciations", "{ API: 'A P I' }"), ("excludeTools", "['a', 'b']"), ("description", self.text(at, self.line()))]
        fields += [one for one in extra if self.chance(0.3)]
        return self.export(at, camel(name) + "Voice", f"defineVoice({self.literal(fields)})")

    def workflow(self):
        name = self.name()
        at = self.open("job", name)
        at.use(f"import {{ createWorkflow, createStep }} from {self.cli};")
        at.use("import { z } from 'zod';")
        local, schema = camel(name), "z.object({ topic: z.string() })"
        steps = [self.fresh("step") for _ in range(self.random.randrange(1, 4))]
        for step in steps:
            at.say(f"const {step} = createStep({{\n  id: '{step}',\n  inputSchema: {schema},\n  outputSchema: {schema},\n  execute: async ({{ inputData }}: any) => inputData,\n}});")
        chain = "".join(f"\n  .then({step})" for step in steps)
        config = [("name", single(name)), ("description", self.text(at, self.line())), ("inputSchema", schema), ("outputSchema", schema)]
        if self.chance(0.3):
            config.append(("schedule", "{ type: 'cron', expression: '0 6 * * 1' }"))
        at.say(f"export const {local} = createWorkflow({self.literal(config)}){chain}\n  .commit();")
        return at, local, False

    # The agent.

    def agent(self):
        makers = {"skills": self.skill, "webhooks": self.webhook, "triggers": self.trigger, "jobs": self.job,
                  "preProcessors": lambda: self.processor("pre", "PreProcessor"), "postProcessors": lambda: self.processor("post", "PostProcessor"),
                  "mcpServers": self.server, "devices": self.device, "deviceTriggers": self.device_trigger, "voices": self.voice, "workflows": self.workflow}
        made = {key: [maker() for _ in range(self.size if key == "skills" else self.random.randrange(0, 3))] for key, maker in makers.items()}
        at = File(self, self.pick(["src/index.ts", "src/index.ts", "src/index.ts", "index.ts", "src/agent.ts"]))
        at.use(f"import {{ LuaAgent }} from {self.cli};")
        name = self.pick(["Support Agent", "miya-ops", "Ada", "rafiq"])
        fields = [("name", self.text(at, name, self.chance(0.3)))]
        if self.chance(0.2):
            fields.append(("description", self.text(at, self.line())))
        persona = self.pick([lambda: self.text(at, self.page()), lambda: f"{{ base: {self.text(at, self.page(), False)}, voice: {self.text(at, self.page(), False)} }}",
                             lambda: self.persona(at), lambda: self.persona(at), lambda: self.text(at, self.page())])()
        fields.append(("persona", persona))
        if self.chance(0.7):
            fields.append(("model", self.pick([lambda: self.text(at, "anthropic/claude-sonnet-5"), lambda: "'google/gemini-2.5-flash'", lambda: "async (ctx: any) => 'openai/gpt-5'"])()))
        if self.chance(0.2):
            fields.append(("modelSettings", "{ temperature: 0.2, maxOutputTokens: 1024 }"))
        for key, items in made.items():
            if items or self.chance(0.3):
                fields.append((key, "[" + ", ".join(self.bring(at, *one) for one in items) + "]"))
        made = f"new LuaAgent({self.literal(fields)})"
        at.say(self.pick([f"const agent = {made};\n\nasync function main() {{\n  // ready\n}}\n\nmain().catch(console.error);", f"export const agent = {made};",
                          f"const agent = {made};\n\nexport default agent;", f"export default {made};"]))

    def write(self, folder):
        options = {"module": "ESNext", "moduleResolution": "bundler", "target": "ES2020", "esModuleInterop": True, "strict": True, "skipLibCheck": True, "baseUrl": "."}
        if self.alias:
            options["paths"] = {"@/*": ["src/*"]}
        texts = {path: file.text() for path, file in self.files.items()} | self.raw
        texts |= {"tsconfig.json": json.dumps({"compilerOptions": options, "exclude": ["dist", "dist-v2", "node_modules"]}, indent=2),
                  "package.json": json.dumps({"name": "made", "type": "module", "dependencies": {"lua-cli": "^3.37.0", "zod": "^3.24.1"}}),
                  "lua.skill.yaml": "agent:\n  agentId: agent_x\n  orgId: org_x\nskills: []\n"}
        for path, text in texts.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


def json_text(value):
    return json.dumps(value, ensure_ascii=False)


def project(seed, folder, size):
    made = Project(seed, size)
    made.agent()
    made.write(folder)


if __name__ == "__main__":
    import sys
    project(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3)

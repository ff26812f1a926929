"""Agent projects in TypeScript, made from a seed: every form in which people write values, lists, modules,
schemas and primitives, in combinations. Used by `compare_stock.py --generated`.

`project(seed, folder, size)` writes one, and gives for each primitive the words for the forms it is written in.
"""

import json
import os
import random

WORDS = "order basket price label refund parcel coupon review stock ticket seat route".split()
TEXTS = ["Finds what fits", "It's \"quoted\"", "Back\\slash, `tick` and ${hole}", "Two\nlines", "Größe 5 € 🙂", "Plain"]


class Module:
    """A file that is being written: its imports, and its statements."""

    def __init__(self, project, path):
        self.project, self.path, self.imports, self.body = project, path, [], []
        project.modules[path] = self

    def use(self, line):
        if line not in self.imports:
            self.imports.append(line)

    def say(self, text):
        self.body.append(text)

    def text(self):
        return "\n".join(self.imports + [""] + self.body) + "\n"


class Project:
    def __init__(self, seed, size, avoid=()):
        self.random, self.avoid = random.Random(seed), set(avoid)
        self.size, self.modules, self.raw, self.count, self.forms = size, {}, {}, 0, {}
        self.tags = set()

    def pick(self, options, tag=None):
        """One of the options (a dict of word → maker, or a list); the word is noted as a form."""
        if isinstance(options, dict):
            word = self.random.choice(sorted(word for word in options if f"{tag}:{word}" not in self.avoid))
            self.tags.add(f"{tag}:{word}" if tag else word)
            return options[word]
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def fresh(self, stem="n"):
        self.count += 1
        return f"{stem}{self.count}"

    # Modules: where a declaration goes, and how another file gets at it.

    def reach(self, at, target, name, default=False):
        """Imports an export of `target` into `at`; gives the expression for it."""
        base = os.path.relpath(os.path.splitext(target.path)[0], os.path.dirname(at.path))
        base = base if base.startswith(".") else "./" + base
        extension = os.path.splitext(target.path)[1]
        if extension == ".mts":
            base += ".mjs"
        local = self.fresh("i")
        what = "default" if default else name

        def direct(specifier=base):
            at.use(f"import {local} from '{specifier}';" if default else f"import {{ {name} as {local} }} from '{specifier}';")
            return local

        def js():
            return direct(base if extension == ".mts" else base + ".js")

        def paths():
            inside = os.path.splitext(target.path)[0].removeprefix("src/") + (".mjs" if extension == ".mts" else "")
            return direct("@/" + inside)

        def through(line, default_here=False, folder=False):
            barrel = Module(self, f"src/barrels/{self.fresh('b')}" + ("/index.ts" if folder else ".ts"))
            inner = os.path.relpath(os.path.splitext(target.path)[0], os.path.dirname(barrel.path))
            inner = (inner if inner.startswith(".") else "./" + inner) + (".mjs" if extension == ".mts" else "")
            barrel.say(line(inner))
            spot = os.path.dirname(barrel.path) if folder else os.path.splitext(barrel.path)[0]
            up = os.path.relpath(spot, os.path.dirname(at.path))
            return up if up.startswith(".") else "./" + up

        def star():
            if default:
                return direct()
            return direct(through(lambda inner: f"export * from '{inner}';"))

        def folder():
            if default:
                return direct()
            return direct(through(lambda inner: f"export * from '{inner}';", folder=True))

        def twice():
            if default:
                return direct()
            first = through(lambda inner: f"export {{ {name} as passed }} from '{inner}';")
            at.use(f"import {{ passed as {local} }} from '{first}';")
            return local

        def again():
            spot = through(lambda inner: f"export {{ {what} as default }} from '{inner}';")
            at.use(f"import {local} from '{spot}';")
            return local

        def imported():
            spot = through(lambda inner: f"import {{ {what} as inner }} from '{inner}';\nexport {{ inner as {local} }};")
            at.use(f"import {{ {local} }} from '{spot}';")
            return local

        def namespace():
            at.use(f"import * as {local} from '{base}';")
            return f"{local}.{what}"

        def star_as():
            spot = through(lambda inner: f"export * as all from '{inner}';")
            at.use(f"import {{ all as {local} }} from '{spot}';")
            return f"{local}.{what}"

        forms = {"direct": direct, "js": js, "paths": paths, "star": star, "folder": folder, "renamed": twice,
                 "default-again": again, "import-export": imported, "namespace": namespace, "star-as": star_as}
        return self.pick(forms, "import")()

    def place(self, stem):
        extension = self.pick({"ts": ".ts", "tsx": ".tsx", "mts": ".mts", "ts2": ".ts", "ts3": ".ts"}, "file")
        return Module(self, f"src/{self.pick(['', 'lib/', 'parts/deep/', 'features/x.y/'])}{self.fresh(stem)}{extension}")

    # Texts and numbers.

    def text(self, at, value):
        single = "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
        double = json.dumps(value, ensure_ascii=self.chance(0.3))
        ticks = "`" + value.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${") + "`"
        half = len(value) // 2
        name = self.fresh("t")

        def declared(text, use):
            at.say(text)
            return use

        def function(text):
            return declared(text, f"{name}()")

        def imported(default=False):
            other = self.place("text")
            other.say(f"const {name} = {single};\nexport default {name};" if default else f"export const {name} = {single};")
            return self.reach(at, other, name, default)

        def data():
            path = f"src/data/{name}.json"
            self.raw[path] = json.dumps({"inner": {"value": value}, "other": [1, 2]})
            up = os.path.relpath(path, os.path.dirname(at.path))
            at.use(f"import {name} from '{up if up.startswith('.') else './' + up}';")
            return f"{name}.inner.value"

        def enum_elsewhere():
            other = self.place("enums")
            other.say(f"export enum {name} {{ First = 'first', Wanted = {double} }}")
            return self.reach(at, other, name) + ".Wanted"

        part, rest = json.dumps(value[:half]), json.dumps(value[half:])
        forms = {
            "single": lambda: single, "double": lambda: double, "template": lambda: ticks,
            "const": lambda: declared(f"const {name} = {single};", name),
            "concat": lambda: f"{part} + {rest}",
            "hole": lambda: declared(f"const {name} = {part};", f"`${{{name}}}" + ticks_of(value[half:]) + "`"),
            "join": lambda: f"[{part}, {rest}].join('')",
            "concat-call": lambda: f"{part}.concat({rest})",
            "as-const": lambda: declared(f"const {name} = {single} as const;", name),
            "member": lambda: declared(f"const {name} = {{ a: {single}, 'b-c': 1 }} as const;", f"{name}.a"),
            "computed": lambda: declared(f"const {name}: Record<string, string> = {{ 'x-y': {single} }};", f"{name}['x-y']"),
            "index": lambda: declared(f"const {name} = ['no', {single}];", f"{name}[1]"),
            "destructured": lambda: declared(f"const {{ {name} = 'no' }} = {{ {name}: {single} }};", name),
            "satisfies": lambda: f"({single} satisfies string)",
            "enum": lambda: declared(f"enum {name} {{ A = {double}, B = 'b' }}", f"{name}.A"),
            "enum-elsewhere": enum_elsewhere,
            "function": lambda: function(f"function {name}() {{ const a = {part}; return a + {rest}; }}"),
            "arrow": lambda: function(f"const {name} = () => {single};"),
            "helper": lambda: declared(f"const {name} = (a: string, b = {rest}) => `${{a}}${{b}}`;", f"{name}({part})"),
            "static": lambda: declared(f"class {name} {{ static readonly value = {single}; }}", f"{name}.value"),
            "conditional": lambda: f"(true ? {single} : 'no')",
            "nullish": lambda: f"(null ?? {single})",
            "or": lambda: f"('' || {single})",
            "trim": lambda: "`\n  " + ticks_of(value) + "\n`.trim()",
            "replace": lambda: f"'@@'.replace('@@', () => {single})",
            "switch": lambda: declared(f"function {name}(a: string) {{ switch (a) {{ case 'x': return 'no'; case 'y': default: return {single}; }} }}", f"{name}('y')"),
            "if": lambda: declared(f"function {name}(a: number) {{ if (a > 3) {{ return 'no'; }} else {{ return {single}; }} }}", f"{name}(2)"),
            "let": lambda: function(f"function {name}() {{ let s = ''; for (const p of [{part}, {rest}]) {{ s += p; }} return s; }}"),
            "while": lambda: function(f"function {name}() {{ const s = [{part}, {rest}]; let i = 0; let o = ''; while (i < s.length) {{ o += s[i]; i++; }} return o; }}"),
            "for": lambda: function(f"function {name}() {{ const s = [{part}, {rest}]; let o = ''; for (let i = 0; i < s.length; i += 1) o += s[i]; return o; }}"),
            "namespace-ts": lambda: declared(f"namespace {name} {{ export const value = {single}; }}", f"{name}.value"),
            "map": lambda: f"[{part}, {rest}].map((p) => p).join('')",
            "reduce": lambda: f"[{part}, {rest}].reduce((a, b) => a + b, '')",
            "imported": imported, "imported-default": lambda: imported(True), "json": data,
        }
        return self.pick(forms, "text")()

    def number(self, at, value):
        name = self.fresh("m")

        def declared(text, use):
            at.say(text)
            return use

        def imported():
            other = self.place("numbers")
            other.say(f"export const {name} = {value};")
            return self.reach(at, other, name)

        forms = {
            "literal": lambda: str(value), "const": lambda: declared(f"const {name} = {value};", name),
            "sum": lambda: f"{value - 1} + 1", "product": lambda: f"{value} * 1", "imported": imported,
            "enum": lambda: declared(f"enum {name} {{ A = {value - 1}, B }}", f"{name}.B"),
            "member": lambda: declared(f"const {name} = {{ deep: {{ n: {value} }} }};", f"{name}.deep.n"),
            "max": lambda: f"Math.max(1, {value})", "separator": lambda: f"{value:_}" if value >= 1000 else str(value),
        }
        return self.pick(forms, "number")()

    # Lists of expressions.

    def list(self, at, items):
        name = self.fresh("l")
        joined = ", ".join(items)
        half = len(items) // 2
        first, second = ", ".join(items[:half]), ", ".join(items[half:])

        def declared(text, use):
            at.say(text)
            return use

        forms = {
            "inline": lambda: f"[{joined}]",
            "const": lambda: declared(f"const {name} = [{joined}];", name),
            "spread": lambda: declared(f"const {name} = [{first}];", f"[...{name}, {second}]"),
            "spread-inline": lambda: f"[...[{first}], ...[{second}]]",
            "concat": lambda: declared(f"const {name} = [{first}];", f"{name}.concat([{second}])"),
            "as-const": lambda: declared(f"const {name} = [{joined}] as const;", f"[...{name}]"),
            "satisfies": lambda: f"[{joined}] satisfies unknown[]",
            "helper": lambda: declared(f"function {name}() {{ return [{joined}]; }}", f"{name}()"),
            "arrow": lambda: declared(f"const {name} = () => [{joined}];", f"[...{name}()]"),
            "conditional": lambda: f"true ? [{joined}] : []",
            "spread-conditional": lambda: f"[{first}{', ' if first else ''}...(1 > 0 ? [{second}] : [])]",
            "and-spread": lambda: f"[{first}{', ' if first else ''}...((true && [{second}]) || [])]",
            "filter": lambda: f"[{joined}, null].filter(Boolean) as any[]",
            "filter-arrow": lambda: f"[{joined}, undefined].filter((x) => x !== undefined) as any[]",
            "flat": lambda: f"[[{first}], [{second}]].flat()",
            "typed": lambda: declared(f"const {name}: any[] = [{joined}];", name),
            "values": lambda: declared(f"const {name} = {{ {', '.join(f'k{i}: {one}' for i, one in enumerate(items))} }};", f"Object.values({name})"),
            "push": lambda: declared(f"const {name}: any[] = [{first}];\n{name}.push({second});", name),
        }
        return self.pick(forms, "list")()

    # Schemas.

    def schema(self, at, depth=0):
        made = self.shape(at, depth)
        suffixes = {"": "", ".optional()": ".optional()", ".nullable()": ".nullable()", "describe": f".describe({json.dumps(self.pick(TEXTS))})"}
        for _ in range(self.random.randrange(3)):
            made += self.pick(suffixes, "zod")
        return made

    def shape(self, at, depth):
        one = lambda: self.schema(at, depth + 1)
        small = lambda: self.random.randrange(1, 9)
        name = self.fresh("z")

        def declared(text, use):
            at.say(text)
            return use

        def imported():
            other = self.place("schema")
            other.use("import { z } from 'zod';")
            other.say(f"export const {name} = z.object({{ id: z.string().uuid(), n: z.number().int() }});\nexport type {name}Type = z.infer<typeof {name}>;")
            return self.reach(at, other, name)

        plain = {
            "string": lambda: "z.string()",
            "string-limits": lambda: f"z.string().min({small()}).max({small() + 9})",
            "string-length": lambda: f"z.string().length({small()})",
            "email": lambda: "z.string().email()", "url": lambda: "z.string().url('bad')", "uuid": lambda: "z.string().uuid()",
            "datetime": lambda: "z.string().datetime()", "date-text": lambda: "z.string().date()", "time": lambda: "z.string().time()",
            "ip": lambda: "z.string().ip()", "ipv4": lambda: "z.string().ip({ version: 'v4' })",
            "regex": lambda: r"z.string().regex(/^[A-Z]{2}-\d+$/i)", "starts": lambda: "z.string().startsWith('a.b').endsWith('$')",
            "includes": lambda: "z.string().includes('(x)')", "trim": lambda: "z.string().trim().toLowerCase().nonempty()",
            "cuid": lambda: "z.string().cuid2()", "base64": lambda: "z.string().base64()",
            "number": lambda: "z.number()", "int": lambda: "z.number().int().positive()",
            "number-limits": lambda: f"z.number().min({small()}).max({small()}.5)", "multiple": lambda: "z.number().multipleOf(0.5).nonnegative()",
            "gt": lambda: f"z.number().gt({small()}).lt({small() + 20})", "negative": lambda: "z.number().negative().finite().safe()",
            "boolean": lambda: "z.boolean()", "date": lambda: "z.date()", "bigint": lambda: "z.bigint()", "any": lambda: "z.any()",
            "unknown": lambda: "z.unknown()", "null": lambda: "z.null()", "coerce": lambda: "z.coerce.number().min(1)",
            "enum": lambda: "z.enum(['a', 'b', \"it's\"])",
            "enum-const": lambda: declared(f"const {name} = ['x', 'y'] as const;", f"z.enum({name})"),
            "enum-extract": lambda: "z.enum(['a', 'b', 'c']).exclude(['b'])",
            "native": lambda: declared(f"enum {name} {{ One = 'one', Two = 'two' }}", f"z.nativeEnum({name})"),
            "native-number": lambda: declared(f"enum {name} {{ One, Two = 5, Three }}", f"z.nativeEnum({name})"),
            "native-object": lambda: declared(f"const {name} = {{ A: 'a', B: 2 }} as const;", f"z.nativeEnum({name})"),
            "literal": lambda: "z.literal('only')", "literal-number": lambda: "z.literal(5)", "literal-bool": lambda: "z.literal(true)",
            "default": lambda: "z.string().default('none')", "default-number": lambda: f"z.number().int().default({small()})",
            "default-function": lambda: "z.array(z.string()).default(() => [])", "catch": lambda: "z.string().catch('x')",
            "imported": imported,
        }
        if depth > 2:
            return self.pick(plain, "zod")()
        a_object = lambda: f"z.object({{ a: {one()}, 'b-c': {one()} }})"
        deep = {
            "object": a_object,
            "strict": lambda: a_object() + ".strict()", "passthrough": lambda: a_object() + ".passthrough()",
            "strip": lambda: a_object() + ".strip()", "catchall": lambda: a_object() + f".catchall({one()})",
            "extend": lambda: a_object() + f".extend({{ d: {one()}, a: {one()} }})",
            "pick": lambda: a_object() + ".pick({ a: true })", "omit": lambda: a_object() + ".omit({ a: true })",
            "partial": lambda: a_object() + ".partial()", "partial-some": lambda: a_object() + ".partial({ a: true })",
            "required": lambda: a_object() + ".required()", "deep-partial": lambda: a_object() + ".deepPartial()",
            "merge": lambda: f"{a_object()}.merge({a_object()})", "shape": lambda: f"{a_object()}.shape.a",
            "keyof": lambda: a_object() + ".keyof()",
            "spread-shape": lambda: f"z.object({{ ...{a_object()}.shape, extra: {one()} }})",
            "array": lambda: f"z.array({one()})", "array-limits": lambda: f"z.array({one()}).min(1).max({small()})",
            "array-method": lambda: f"{one()}.array().nonempty()", "array-length": lambda: f"z.array({one()}).length(3)",
            "tuple": lambda: f"z.tuple([{one()}, {one()}])", "tuple-rest": lambda: f"z.tuple([{one()}]).rest({one()})",
            "record": lambda: f"z.record({one()})", "record-key": lambda: f"z.record(z.string().min(2), {one()})",
            "record-enum": lambda: f"z.record(z.enum(['p', 'q']), {one()})", "record-string": lambda: f"z.record(z.string(), {one()})",
            "union": lambda: f"z.union([{one()}, {one()}])", "or": lambda: f"{one()}.or({one()})",
            "union-plain": lambda: "z.union([z.string(), z.number(), z.null()])",
            "union-literals": lambda: "z.union([z.literal('a'), z.literal(1), z.literal(false)])",
            "discriminated": lambda: f"z.discriminatedUnion('type', [z.object({{ type: z.literal('a'), x: {one()} }}), z.object({{ type: z.literal('b') }})])",
            "and": lambda: f"{a_object()}.and({a_object()})", "set": lambda: f"z.set({one()})", "map": lambda: f"z.map(z.string(), {one()})",
            "refine": lambda: f"{one()}.refine((v) => v !== 'never', 'no')", "transform": lambda: f"{one()}.transform((v) => v)",
            "preprocess": lambda: f"z.preprocess((v) => v, {one()})", "pipe": lambda: f"z.string().pipe({one()})", "pipe-any": lambda: f"{one()}.pipe(z.any().nullable())",
            "brand": lambda: f"{one()}.brand<'x'>()", "readonly": lambda: f"{one()}.readonly()", "nullish": lambda: f"{one()}.nullish()",
            "lazy": lambda: f"z.lazy(() => {one()})",
            "const": lambda: declared(f"const {name} = {one()};", name),
            "helper": lambda: declared(f"const {name} = (min: number) => z.string().min(min);", f"{name}({small()})"),
            "same-twice": lambda: declared(f"const {name} = z.object({{ c: {one()} }});", f"z.object({{ l: {name}, r: {name}.optional() }})"),
        }
        return self.pick({**plain, **deep, **{k + " ": v for k, v in deep.items()}}, "zod")()

    def object_schema(self, at):
        at.use("import { z } from 'zod';")
        fields = ", ".join(f"{self.pick(WORDS)}{i}: {self.schema(at)}" for i in range(self.random.randrange(4)))
        made = f"z.object({{ {fields} }})"
        name = self.fresh("s")

        def declared():
            at.say(f"const {name} = {made};\ntype {name}Type = z.infer<typeof {name}>;")
            return name

        return self.pick({"inline": lambda: made, "const": declared, "inline2": lambda: made}, "schema")()

    # Objects that stand in lists.

    def config(self, at, fields):
        """An object literal in one of its forms; fields are pairs."""
        name = self.fresh("c")
        literal = lambda some: "{ " + ", ".join(f"{key}: {value}" for key, value in some) + " }"

        def declared(text, use):
            at.say(text)
            return use

        plain = [pair for pair in fields if not pair[1].startswith("async ")]
        half = len(plain) // 2
        rest = [pair for pair in fields if pair not in plain[:half]]
        forms = {
            "inline": lambda: literal(fields),
            "inline2": lambda: literal(fields),
            "const": lambda: declared(f"const {name} = {literal(fields)};", name),
            "typed": lambda: declared(f"const {name}: any = {literal(fields)};", name),
            "satisfies": lambda: f"{literal(fields)} satisfies object",
            "as": lambda: f"{literal(fields)} as any",
            "spread": lambda: declared(f"const {name} = {literal(plain[:half])};", f"{{ ...{name}, {literal(rest)[1:]}"),
            "shorthand": lambda: declared("\n".join(f"const {name}_{key} = {value};" for key, value in fields[:2]),
                                          literal([(key, f"{name}_{key}") if at_ < 2 else (key, value) for at_, (key, value) in enumerate(fields)])),
            "assign": lambda: f"Object.assign({{}}, {literal(fields)})",
            "helper": lambda: declared(f"function {name}() {{ return {literal(fields)}; }}", f"{name}()"),
            "freeze": lambda: f"Object.freeze({literal(fields)})",
        }
        return self.pick(forms, "config")()

    def made(self, kind, functions, classes, fields, at, class_forms=True):
        """A primitive in one of its forms, exported from `at`; gives (name of export, is default, needs new)."""
        local = self.fresh("p")
        function, klass = self.pick(functions), self.pick(classes)

        def export(expression):
            def named():
                at.say(f"export const {local} = {expression};")
                return local, False, ""

            def default():
                at.say(f"export default {expression};")
                return local, True, ""

            def default_name():
                at.say(f"const {local} = {expression};\nexport default {local};")
                return local, True, ""

            def later():
                at.say(f"const {local} = {expression};\nexport {{ {local} }};")
                return local, False, ""

            return self.pick({"named": named, "default": default, "default-name": default_name, "later": later}, "export")()

        def by_function():
            at.use(f"import {{ {function} }} from 'lua-cli';")
            return export(f"{function}({self.config(at, fields)})")

        def by_class():
            at.use(f"import {{ {klass} }} from 'lua-cli';")
            return export(f"new {klass}({self.config(at, fields)})")

        def by_renamed():
            at.use(f"import {{ {klass} as Base }} from 'lua-cli';")
            return export(f"new Base({self.config(at, fields)})")

        def by_namespace():
            at.use("import * as lua from 'lua-cli';")
            return export(f"lua.{function}({self.config(at, fields)})")

        def by_factory():
            at.use(f"import {{ {function} }} from 'lua-cli';")
            make = self.fresh("make")
            key, value = next(pair for pair in fields if pair[0] == "description")
            rest = ", ".join(f"{k}: {v}" for k, v in fields if k != key)
            at.say(f"function {make}(description: string) {{\n  return {function}({{ {rest}, description }});\n}}")
            return export(f"{make}({value})")

        forms = {"function": by_function, "class": by_class, "renamed": by_renamed, "namespace": by_namespace, "factory": by_factory}
        return self.pick(forms, kind)()

    def noted(self, kind, name):
        self.forms[(kind, name)] = sorted(self.tags)
        self.tags = set()

    def words(self, stem):
        return f"{self.pick(WORDS)}-{stem}-{self.fresh('')}"

    # Tools.

    def tool(self):
        """Gives (module, export, is default, prefix for use)."""
        self.tags = set()
        at = self.place("tool")
        name = self.words("tool").replace("-", "_")
        name_text, description = self.text(at, name), self.text(at, self.pick(TEXTS))
        schema = self.object_schema(at)
        run = "async (input: any) => ({ ok: true })"
        klass = self.fresh("Find") + "Tool"
        fields = [("name", name_text), ("description", description), ("inputSchema", schema), ("execute", run)]
        condition = self.chance(0.2)
        if condition:
            fields.insert(3, ("condition", "async () => true"))
        extra = "  condition = async () => true;\n" if condition else ""
        execute = "  async execute(input: any) { return { ok: true }; }\n"

        def declare(text):
            at.use("import { LuaTool } from 'lua-cli';")

            def named():
                at.say("export " + text)
                return klass, False, "new "

            def default():
                at.say("export default " + text)
                return klass, True, "new "

            def later():
                at.say(f"{text}\nexport {{ {klass} }};")
                return klass, False, "new "

            def instance():
                at.say(f"{text}\nexport const the{klass} = new {klass}();")
                return f"the{klass}", False, ""

            return self.pick({"named": named, "default": default, "later": later, "instance": instance}, "export")()

        def simple():
            return declare(f"class {klass} implements LuaTool {{\n  name = {name_text};\n  description = {description};\n  inputSchema = {schema};\n{extra}{execute}}}")

        def readonly():
            return declare(f"class {klass} implements LuaTool<any> {{\n  readonly name: string = {name_text};\n  public description = {description} as string;\n  readonly inputSchema = {schema};\n{extra}{execute}}}")

        def getters():
            return declare(f"class {klass} implements LuaTool {{\n  get name() {{ return {name_text}; }}\n  get description() {{ return {description}; }}\n  inputSchema = {schema};\n{extra}{execute}}}")

        def statics():
            return declare(f"class {klass} implements LuaTool {{\n  static readonly NAME = {name_text};\n  name = {klass}.NAME;\n  description = {description};\n  inputSchema = {schema};\n{extra}{execute}}}")

        def constructor():
            return declare(f"class {klass} implements LuaTool {{\n  name: string;\n  description: string;\n  inputSchema: any;\n{extra}  constructor() {{\n    this.name = {name_text};\n    this.description = {description};\n    this.inputSchema = {schema};\n  }}\n{execute}}}")

        def parameter():
            return declare(f"class {klass} implements LuaTool {{\n  name = {name_text};\n  description: string;\n  inputSchema = {schema};\n{extra}  constructor(private what: string = {description}) {{ this.description = what; }}\n{execute}}}")

        def inherited():
            other = self.place("base")
            other.use("import { z } from 'zod';")
            other.use("import { LuaTool } from 'lua-cli';")
            base = self.fresh("Base")
            other.say(f"export abstract class {base} implements LuaTool {{\n  abstract name: string;\n  description = 'Overridden';\n  inputSchema: any = z.object({{}});\n  async execute(input: any) {{ return {{}}; }}\n}}")
            parent = self.reach(at, other, base)
            return declare(f"class {klass} extends {parent} {{\n  name = {name_text};\n  description = {description};\n  inputSchema = {schema};\n{extra}{execute}}}")

        def super_call():
            other = self.place("base")
            other.use("import { LuaTool } from 'lua-cli';")
            base = self.fresh("Base")
            other.say(f"export class {base} implements LuaTool {{\n  inputSchema: any;\n  constructor(public name: string, public description: string) {{}}\n  async execute(input: any) {{ return {{}}; }}\n}}")
            parent = self.reach(at, other, base)
            return declare(f"class {klass} extends {parent} {{\n  inputSchema = {schema};\n{extra}  constructor() {{ super({name_text}, {description}); }}\n{execute}}}")

        def parent_here():
            base = self.fresh("Base")
            at.say(f"class {base} {{\n  description = {description};\n  inputSchema = {schema};\n  async execute(input: any) {{ return {{}}; }}\n}}")
            return declare(f"class {klass} extends {base} implements LuaTool {{\n  name = {name_text};\n{extra}}}")

        def plain():
            at.use("import type { LuaTool } from 'lua-cli';")
            local = self.fresh("tool")
            at.say(f"export const {local}: LuaTool = {self.config(at, fields)};")
            return local, False, ""

        def listed():
            return self.made("tool", ["defineTool"], ["defineTool"], fields, at)

        def by_function():
            at.use("import { defineTool } from 'lua-cli';")
            local = self.fresh("tool")
            at.say(f"export const {local} = defineTool({self.config(at, fields)});")
            return local, False, ""

        def factory():
            at.use("import { defineTool } from 'lua-cli';")
            local, make = self.fresh("tool"), self.fresh("make")
            rest = ", ".join(f"{k}: {v}" for k, v in fields if k not in ("name", "description"))
            at.say(f"export const {make} = (name: string, description: string) => defineTool({{ name, description, {rest} }});")
            at.say(f"export const {local} = {make}({name_text}, {description});")
            return local, False, ""

        def class_factory():
            make = self.fresh("make")
            at.use("import { LuaTool } from 'lua-cli';")
            at.say(f"class {klass} implements LuaTool {{\n  name: string;\n  description = {description};\n  inputSchema = {schema};\n{extra}  constructor(name: string) {{ this.name = name; }}\n{execute}}}\nexport const {make} = new {klass}({name_text});")
            return make, False, ""

        forms = {"class": simple, "class2": simple, "readonly": readonly, "getters": getters, "statics": statics, "constructor": constructor,
                 "parameter": parameter, "inherited": inherited, "super": super_call, "parent-here": parent_here, "plain": plain,
                 "function": by_function, "factory": factory, "class-argument": class_factory}
        export, default, prefix = self.pick(forms, "tool")()
        self.noted("tool", name)
        return at, export, default, prefix

    def used(self, at, made):
        module, export, default, prefix = made
        reached = self.reach(at, module, export, default)
        return f"new {reached}()" if prefix else reached

    def skill(self):
        tools = [self.tool() for _ in range(self.random.randrange(1, 4))]
        self.tags = set()
        at = self.place("skill")
        name = self.words("skill")
        fields = [("name", self.text(at, name)), ("description", self.text(at, self.pick(TEXTS))), ("context", self.text(at, self.pick(TEXTS) + " now"))]
        if self.chance(0.2):
            fields.append(("condition", "async () => true"))
        fields.append(("tools", self.list(at, [self.used(at, tool) for tool in tools])))
        made = self.made("skill", ["defineSkill"], ["LuaSkill"], fields, at)
        self.noted("skill", name)
        return at, *made

    def primitive(self, kind, functions, classes, more):
        self.tags = set()
        at = self.place(kind)
        name = self.words(kind)
        fields = [("name", self.text(at, name)), ("description", self.text(at, self.pick(TEXTS)))] + more(at)
        made = self.made(kind, functions, classes, fields, at)
        self.noted(kind, name)
        return at, *made

    def webhook(self):
        def more(at):
            fields = [(key, self.object_schema(at)) for key in ("querySchema", "headerSchema", "bodySchema") if self.chance(0.5)]
            return fields + [("execute", "async (event: any) => ({ ok: true })")]
        return self.primitive("webhook", ["defineWebhook"], ["LuaWebhook"], more)

    def trigger(self):
        def more(at):
            fields = [("inputSchema", self.object_schema(at))] if self.chance(0.7) else []
            return fields + [("verify", "(ctx: any) => true"), ("filter", "(ctx: any) => true"), ("transform", "(ctx: any) => 'x'")]
        return self.primitive("trigger", ["defineTrigger"], ["LuaTrigger"], more)

    def job(self):
        def more(at):
            schedules = {
                "cron": lambda: f"{{ type: 'cron', expression: {self.text(at, '0 3 * * 1')}, timezone: 'Europe/Berlin' }}",
                "cron-short": lambda: "{ type: 'cron' as const, expression: '*/5 * * * *' }",
                "interval": lambda: f"{{ type: 'interval', seconds: {self.number(at, 300)} }}",
                "once": lambda: "{ type: 'once', executeAt: new Date('2031-05-06T07:08:09Z') }",
                "once-date": lambda: "{ type: 'once', executeAt: new Date('2031-05-06') }",
            }
            fields = [("schedule", self.pick(schedules, "schedule")())]
            if self.chance(0.5):
                fields.append(("timeout", self.number(at, 120)))
            if self.chance(0.5):
                fields.append(("retry", f"{{ maxAttempts: {self.number(at, 3)}, backoffSeconds: {self.number(at, 1200)} }}"))
            if self.chance(0.4):
                fields.append(("metadata", f"{{ team: {self.text(at, 'ops')}, tags: ['a', 'b'], deep: {{ on: true, none: null }} }}"))
            return fields + [("execute", "async (job: any) => ({ done: true })")]
        return self.primitive("job", ["defineJob"], ["LuaJob"], more)

    def processor(self, kind, function, classes):
        def more(at):
            fields = []
            if self.chance(0.5):
                fields.append(("priority", self.number(at, 7)))
            if self.chance(0.5):
                fields.append(("async", self.pick(["true", "false", "!true", "1 < 2"])))
            return fields + [("execute", "async (user: any, message: any) => ({ message })")]
        return self.primitive(kind, [function], classes, more)

    def server(self):
        def more(at):
            web = lambda kind: lambda: [("transport", f"'{kind}'"), ("url", self.text(at, "https://mcp.example.com/x"))]
            forms = {
                "http": web("streamable-http"), "sse": web("sse"),
                "resolver": lambda: [("transport", "'streamable-http'"), ("url", "() => `https://${process.env.HOST}/x`")],
            }
            fields = self.pick(forms, "transport")()
            if self.chance(0.4):
                fields.append(("headers", "() => ({ Authorization: `Bearer ${process.env.TOKEN}` })"))
            if self.chance(0.3):
                fields.append(("timeout", self.number(at, 5000)))
            return fields
        return self.primitive("mcp-server", ["defineMCPServer"], ["LuaMCPServer"], more)

    def device(self):
        def more(at):
            at.use("import { z } from 'zod';")
            fields = [("group", self.text(at, "printers"))] if self.chance(0.5) else []
            fields.append(("commands", f"{{ print: {{ description: {self.text(at, 'Prints')}, inputSchema: {self.object_schema(at)}, timeoutMs: {self.number(at, 3000)}, retry: {{ maxAttempts: 2, backoffMs: 10 }} }} }}"))
            if self.chance(0.4):
                fields.append(("triggers", f"{{ empty: {{ description: 'Empty', payloadSchema: {self.object_schema(at)} }} }}"))
            return fields
        return self.primitive("device", ["defineDevice"], ["LuaDevice"], more)

    def device_trigger(self):
        def more(at):
            return [("payloadSchema", self.object_schema(at)), ("execute", "async (payload: any, context: any) => ({})")]
        return self.primitive("device-trigger", ["defineDeviceTrigger"], ["LuaDeviceTrigger"], more)

    def workflow(self):
        self.tags = set()
        at = self.place("flow")
        name = self.words("workflow")
        at.use("import { createWorkflow, createStep } from 'lua-cli';")
        local, step = self.fresh("flow"), self.fresh("step")
        at.use("import { z } from 'zod';")
        schema, output = self.object_schema(at), self.object_schema(at)
        at.say(f"const {step} = createStep({{ id: 'one', inputSchema: {schema}, outputSchema: {output}, execute: async () => ({{}}) }});")
        at.say(f"export const {local} = createWorkflow({{ id: {self.text(at, name)}, description: {self.text(at, 'Does it')}, inputSchema: {schema}, outputSchema: {output} }}).then({step}).commit();")
        self.noted("workflow", name)
        return at, local, False, ""

    # The agent.

    def agent(self):
        makers = {
            "skills": lambda: self.skill(), "webhooks": self.webhook, "triggers": self.trigger, "jobs": self.job,
            "preProcessors": lambda: self.processor("preprocessor", "definePreProcessor", ["PreProcessor"]),
            "postProcessors": lambda: self.processor("postprocessor", "definePostProcessor", ["PostProcessor"]),
            "mcpServers": self.server, "devices": self.device, "deviceTriggers": self.device_trigger,
        }
        made = {key: [maker() for _ in range(self.size if key == "skills" else max(1, self.size // 2))] for key, maker in makers.items()}
        self.tags = set()
        at = Module(self, self.pick({"src/index.ts": "src/index.ts", "index.ts": "index.ts", "src/agent.ts": "src/agent.ts", "src/main.ts": "src/main.ts"}, "entry"))
        name, persona = f"Agent {self.fresh('')}", self.pick(TEXTS) + ".\n" + self.pick(TEXTS)
        fields = [("name", self.text(at, name)), ("persona", self.text(at, persona))]
        if self.chance(0.8):
            fields.append(("model", self.text(at, "openai/gpt-4o")))
        if self.chance(0.4):
            fields.append(("modelSettings", f"{{ temperature: 0.2, maxOutputTokens: {self.number(at, 1024)} }}"))
        for key, items in made.items():
            fields.append((key, self.list(at, [self.used(at, one) for one in items])))
        literal = "{\n" + "".join(f"  {key}: {value},\n" for key, value in fields) + "}"
        at.use("import { LuaAgent } from 'lua-cli';")
        self.pick({
            "const": lambda: at.say(f"const agent = new LuaAgent({literal});"),
            "exported": lambda: at.say(f"export const agent = new LuaAgent({literal});"),
            "default": lambda: at.say(f"export default new LuaAgent({literal});"),
            "main": lambda: at.say(f"const agent = new LuaAgent({literal});\nasync function main() {{}}\nmain();\nexport default agent;"),
        }, "agent")()
        self.noted("agent", name)

    def write(self, folder):
        tsconfig = {"compilerOptions": {"module": "ESNext", "moduleResolution": "bundler", "target": "ES2022", "baseUrl": ".",
                                        "jsx": "react-jsx", "resolveJsonModule": True, "esModuleInterop": True, "paths": {"@/*": ["src/*"]}}}
        if self.chance(0.3):
            self.raw["tsconfig.base.json"] = json.dumps(tsconfig)
            tsconfig = {"extends": "./tsconfig.base.json"}
        files = {path: module.text() for path, module in self.modules.items()} | self.raw
        files |= {"tsconfig.json": "// with a comment\n" + json.dumps(tsconfig),
                  "package.json": json.dumps({"name": "made", "private": True, "type": "module", "dependencies": {"lua-cli": "^3", "zod": "^3"}}),
                  "lua.skill.yaml": "agent:\n  agentId: agent_x\n  orgId: org_x\nskills: []\n"}
        for path, text in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


def ticks_of(value):
    return value.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")


def project(seed, folder, size, avoid=()):
    made = Project(seed, size, avoid)
    made.agent()
    made.write(folder)
    return made.forms


if __name__ == "__main__":
    import sys
    project(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 6, sys.argv[4:])

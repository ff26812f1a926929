#!/usr/bin/env python3
"""Compares `lua-store compile --json` with the manifest of the stock compiler, and prints a score.

    compare_stock.py [PROJECT...]
    compare_stock.py --generated COUNT [--seed FIRST] [--size SKILLS] [--modules FOLDER]
    compare_stock.py --usual COUNT [--seed FIRST] [--size SKILLS] [--modules FOLDER]

Without a project: installs lua-cli from npm into a scratch folder, wires the examples of its template
into `src/index.ts`, and compares that. A project needs its `node_modules` installed. Needs Node and npm;
the compiler itself needs no network and no credential. The program is built with `cargo build --release`.

With `--generated`, projects made by `generate.py` are compared with what Node makes of them
(`evaluate.mjs`): the truth for every form, those included that the stock compiler leaves out
(docs/stock-differences.md). With `--usual`, projects made by `generate_usual.py`, as people write them, are
compared with the stock manifest. `--modules` is a `node_modules` folder with lua-cli.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import generate
import generate_usual

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(TOP, "target/release/lua-store")
# What belongs to the bundler or is derived by running the workflow builder.
SKIPPED = {
    "path", "sourcePath", "source", "hash", "graph", "graphHash", "topology", "stepMeta", "envKeys",
    "envTemplateKeys", "workflowRefs", "partialNodes", "script", "scriptHash", "journalProtocolVersion",
    "scriptSurface", "roleBindings", "toolRefs", "meta", "unplacedStepIds", "mayInherit", "budget",
}

TOOLS_SKILL = """import { LuaSkill } from 'lua-cli';
%s
export const toolsSkill = new LuaSkill({
  name: 'tools-skill', description: 'The other example tools', context: 'Everything else',
  tools: [%s],
});
"""

MCP = """import { LuaMCPServer } from 'lua-cli';
export const docsServer = new LuaMCPServer({
  name: 'lua-docs', description: 'Documentation', transport: 'streamable-http', url: 'https://docs.example.com/mcp',
  headers: () => ({ Authorization: `Bearer ${process.env.DOCS_TOKEN}` }),
});
"""

INDEX = """import { LuaAgent } from 'lua-cli';
%s
const agent = new LuaAgent({
  name: `Template Agent`, persona: `You are a careful shopping assistant.\\nYou never guess.`, model: 'openai/gpt-4o',
%s});
"""

# Key of the agent -> (exported name or None for the default, file below src).
WIRING = {
    "skills": [(None, "skills/basket.skill"), (None, "skills/product.skill"), (None, "skills/user.skill"),
               ("toolsSkill", "skills/tools.skill")],
    "webhooks": [(None, "webhooks/FileUploadWebhook"), (None, "webhooks/PaymentWebhook"),
                 (None, "webhooks/UserEventWebhook"), (None, "workflows/github-review.webhook")],
    "triggers": [(None, "workflows/linear-ready.trigger")],
    "jobs": [(None, "jobs/" + name) for name in
             ["HealthCheckJob", "DataMigrationJob", "DailyCleanupJob", "AbandonedBasketProcessorJob"]],
    "preProcessors": [(None, "preprocessors/messageMatching")],
    "postProcessors": [(None, "postprocessors/modifyResponse")],
    "mcpServers": [("docsServer", "docs.mcp")],
    "workflows": [("reviewedBrief", "workflows/reviewed-brief"), ("ticketToPr", "workflows/ticket-to-pr"),
                  ("outreach", "workflows/outreach"), ("vendorInvoices", "workflows/vendor-invoices"),
                  (None, "workflows/support-triage"), ("refund", "workflows/refund-approval"),
                  ("researchBrief", "workflows/research-brief"), ("provision", "workflows/provision-tenant"),
                  ("prReviewRound", "workflows/pr-review-round")],
}

# File -> its tools; a text is the default export, by the name of its class.
TOOLS = {
    "CreatePostTool": "CreatePostTool", "GetWeatherTool": "GetWeatherTool",
    "PaymentTool": "CreatePaymentLinkTool", "PremiumFeatureTool": "PremiumFeatureTool",
    "CustomDataTool": ["CreateMovieTool", "GetMoviesTool", "GetMovieByIdTool", "UpdateMovieTool",
                       "SearchMoviesTool", "DeleteMovieTool"],
    "GameScoreTrackerTool": ["TrackGameScoresTool", "GetGameScoresTool", "StopGameTrackingTool"],
    "OrderTool": ["CreateOrderTool", "UpdateOrderStatusTool", "GetUserOrdersTool", "GetOrderByIdTool",
                  "UpdateOrderDataTool"],
    "SmartBasketTool": ["CreateSmartBasketTool", "CheckAbandonedBasketsTool"],
}


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


NPM = ["npm", "install", "--no-audit", "--no-fund", "--silent"]


def installed(scratch):
    """A folder that lua-cli is installed in."""
    loose = os.path.join(scratch, "lua-cli")
    subprocess.run([*NPM, "--prefix", loose, "lua-cli"], check=True)
    return loose


def template(scratch):
    """The template of lua-cli with its examples wired in."""
    loose = installed(scratch)
    project = os.path.join(scratch, "project")
    shutil.copytree(os.path.join(loose, "node_modules/lua-cli/template"), project)
    source = os.path.join(project, "src")
    shutil.copytree(os.path.join(project, "examples"), source, dirs_exist_ok=True)
    # The example tools import `../services`, which the examples keep one folder higher.
    shutil.copytree(os.path.join(source, "services"), os.path.join(source, "skills/services"))
    imports, news = [], []
    for file, names in TOOLS.items():
        default = isinstance(names, str)
        imports.append(f"import {names if default else '{ ' + ', '.join(names) + ' }'} from './tools/{file}';")
        news += [f"new {name}()" for name in ([names] if default else names)]
    write(os.path.join(source, "skills/tools.skill.ts"), TOOLS_SKILL % ("\n".join(imports), ", ".join(news)))
    write(os.path.join(source, "docs.mcp.ts"), MCP)
    imports, lists = [], ""
    for key, parts in WIRING.items():
        names = [name or f"{key}{at}" for at, (name, _) in enumerate(parts)]
        for bound, (name, file) in zip(names, parts):
            imports.append(f"import {'{ ' + name + ' }' if name else bound} from './{file}';")
        lists += f"  {key}: [{', '.join(names)}],\n"
    write(os.path.join(source, "index.ts"), INDEX % ("\n".join(imports), lists))
    subprocess.run(NPM, cwd=project, check=True)
    return project


def stock(project, scratch):
    """The manifest of the stock compiler."""
    home = os.path.join(scratch, "home")
    os.makedirs(os.path.join(home, ".lua-cli"), exist_ok=True)
    check = {"latestVersion": "0.0.0", "checkedAt": int(time.time() * 1000)}
    write(os.path.join(home, ".lua-cli/version-check.json"), json.dumps(check))
    environment = {**os.environ, "HOME": home, "LUA_TELEMETRY": "false", "NO_COLOR": "1", "CI": "1"}
    command = ["node", "node_modules/.bin/lua", "compile", "--ci"]
    done = subprocess.run(command, cwd=project, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        sys.exit(done.stdout.decode() + done.stderr.decode())
    with open(os.path.join(project, "dist-v2/manifest.json"), encoding="utf-8") as file:
        return json.load(file)


def ours(project):
    return json.loads(subprocess.run([PROGRAM, "-C", project, "compile", "--json"], check=True, capture_output=True).stdout)


def compare(ours, stock):
    """(equal fields, all fields), and a line for each difference. Schemas that only we have are no
    difference: the stock compiler leaves out those of `new LuaWebhook({...})`."""
    mine, theirs = ({(one["kind"], one["name"]): one for one in side["primitives"]} for side in (ours, stock))
    equal, total, lines = 0, 0, []
    for key in list(theirs) + [key for key in mine if key not in theirs]:
        a, b = theirs.get(key), mine.get(key)
        if a is None or b is None:
            total += 1
            lines.append(f"{' '.join(key)}: only {'here' if a is None else 'in the stock manifest'}")
            continue
        for field in sorted((set(a) | set(b)) - SKIPPED):
            if field == "schemas" and field not in a:
                continue
            total += 1
            equal += a.get(field) == b.get(field)
            if a.get(field) != b.get(field):
                lines.append(f"{' '.join(key)}: {field}\n  stock {json.dumps(a.get(field))}\n  ours  {json.dumps(b.get(field))}")
    return equal, total, lines


def generated(options, scratch):
    """Compares generated projects with what Node makes of them; whether all fields are equal."""
    modules = options.modules or os.path.join(installed(scratch), "node_modules")
    folders = [os.path.join(scratch, f"seed-{seed}") for seed in range(options.seed, options.seed + options.generated)]
    forms = set()
    for seed, folder in enumerate(folders, options.seed):
        for words in generate.project(seed, folder, options.size).values():
            forms.update(words)
    command = ["node", os.path.join(TOP, "benches/evaluate.mjs"), os.path.abspath(modules), *folders]
    truths = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    equal, total, primitives = 0, 0, 0
    for folder, truth in zip(folders, map(json.loads, truths), strict=True):
        same, fields, lines = compare(ours(folder), truth)
        print(*(f"{os.path.basename(folder)}: {line}" for line in lines), sep="\n", end="\n" if lines else "")
        equal, total, primitives = equal + same, total + fields, primitives + len(truth["primitives"])
    print(f"{len(folders)} projects, {primitives} primitives, {len(forms)} forms: "
          f"{equal} of {total} fields equal ({100 * equal / max(total, 1):.2f} %)")
    return equal == total


def usual(options, scratch):
    """Compares projects as people write them with the stock manifest; whether all fields are equal."""
    modules = os.path.abspath(options.modules or os.path.join(installed(scratch), "node_modules"))
    equal, total, primitives = 0, 0, 0
    for seed in range(options.seed, options.seed + options.usual):
        folder = os.path.join(scratch, f"seed-{seed}")
        generate_usual.project(seed, folder, options.size)
        os.symlink(modules, os.path.join(folder, "node_modules"))
        truth = stock(folder, scratch)
        same, fields, lines = compare(ours(folder), truth)
        print(*(f"seed-{seed}: {line}" for line in lines), sep="\n", end="\n" if lines else "")
        equal, total, primitives = equal + same, total + fields, primitives + len(truth["primitives"])
    print(f"{options.usual} projects, {primitives} primitives: {equal} of {total} fields equal ({100 * equal / max(total, 1):.2f} %)")
    return equal == total


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", metavar="PROJECT")
    parser.add_argument("--generated", type=int, metavar="COUNT")
    parser.add_argument("--usual", type=int, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=4)
    parser.add_argument("--modules")
    parser.add_argument("--program", default=PROGRAM, help="instead of building one")
    return parser.parse_args()


def main():
    global PROGRAM
    options = arguments()
    if options.program == PROGRAM:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=TOP, check=True)
    PROGRAM = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as scratch:
        if options.generated:
            sys.exit(not generated(options, scratch))
        if options.usual:
            sys.exit(not usual(options, scratch))
        projects = [os.path.abspath(path) for path in options.projects] or [template(scratch)]
        whole = True
        for project in projects:
            equal, total, lines = compare(ours(project), stock(project, scratch))
            print(*lines, sep="\n", end="\n" if lines else "")
            print(f"{os.path.basename(project)}: {equal} of {total} fields equal ({100 * equal / max(total, 1):.1f} %)")
            whole = whole and equal == total
        sys.exit(not whole)


if __name__ == "__main__":
    main()

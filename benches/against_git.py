#!/usr/bin/env python3
"""Times lua-store and git side by side, in one run, on the same files.

    cargo build --release
    benches/against_git.py --tree DIR     # DIR: an installed node_modules folder, for the large case

Every pair is run in turns; min and median are printed with the ratio of the medians. Our writes are durable; git's
defaults sync nothing. Works in a temporary folder below --work and removes it. Needs git and Python 3.8.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

from measure import LUA, alone, run, show, side_by_side

# Folders that lua-store never keeps get another name, so that both keep the same files.
RENAMED = {"node_modules": "nm", "dist": "dst", "dist-v2": "dst2", "coverage": "cov", ".next": "next", ".turbo": "turbo"}


def copy_tree(source, target):
    """A copy without the folders and files that only one of the two would keep."""
    skip = lambda name: name.startswith(".env") or name.endswith((".pem", ".key")) or name in (".git", ".gitignore", ".lua", ".temp")
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not skip(name)]
        parts = pathlib.Path(folder).relative_to(source).parts
        there = target.joinpath(*(RENAMED.get(part, part) for part in parts))
        there.mkdir(parents=True, exist_ok=True)
        for name in files:
            file = pathlib.Path(folder, name)
            if not skip(name) and file.is_file() and not file.is_symlink():
                shutil.copy2(file, there / name)


SKILL = """import {{ defineSkill, defineTool }} from 'lua-cli';
import {{ z }} from 'zod';
import {{ help{n} }} from '../lib/help{n}';

const tool = defineTool({{
  name: 'tool_{n}',
  description: 'Does the work number {n}, edition 0',
  inputSchema: z.object({{ text: z.string(), count: z.number().optional() }}),
  execute: async (input) => help{n}(input.text),
}});

export const skill{n} = defineSkill({{
  name: 'skill-{n}',
  description: 'Knows all about {n}',
  context: 'Use this when somebody asks about {n}.',
  tools: [tool],
}});
"""


def make_agent(root, skills=95):
    """An agent of about 200 files: a skill and a helper each, and the entry."""
    (root / "src/skills").mkdir(parents=True)
    (root / "src/lib").mkdir()
    for n in range(skills):
        (root / f"src/skills/s{n}.skill.ts").write_text(SKILL.format(n=n))
        body = "".join(f"  // step {step} of helper {n}\n  text = text.replace('{step}', '{n}');\n" for step in range(20))
        (root / f"src/lib/help{n}.ts").write_text(f"export function help{n}(text: string) {{\n{body}  return text;\n}}\n")
    imports = "".join(f"import {{ skill{n} }} from './skills/s{n}.skill';\n" for n in range(skills))
    names = ", ".join(f"skill{n}" for n in range(skills))
    (root / "src/index.ts").write_text(
        f"import {{ LuaAgent }} from 'lua-cli';\n{imports}\nexport const agent = new LuaAgent({{\n"
        f"  name: 'bench',\n  persona: `You are a bench.`,\n  model: 'openai/gpt-4o',\n  skills: [{names}],\n}});\n")
    for n in range(10):
        (root / f"notes{n}.md").write_text(f"# Notes {n}\n" + "Some words about this.\n" * 30)
    (root / "package.json").write_text('{"name": "bench", "type": "module", "dependencies": {"zod": "^3.24.1"}}\n')


def git_init(root):
    shutil.rmtree(root / ".git", ignore_errors=True)
    run(["git", "init", "--quiet"], root)
    exclude = root / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("/.lua/\n/.gitignore\n")


def lua_init(root):
    shutil.rmtree(root / ".lua", ignore_errors=True)
    run([LUA, "init"], root)


GIT_FIRST = "git add -A && git commit --quiet -m first"


def first_push(name, root, what, rounds, wanted, rows):
    def ours():
        lua_init(root)
        return [LUA, "push", *what], root

    def theirs():
        git_init(root)
        return GIT_FIRST, root

    side_by_side(name, rounds, ours, theirs, wanted, rows)


def large(tree, work, rows):
    root = work / "large"
    copy_tree(tree, root)
    files = sum(len(files) for _, _, files in os.walk(root))
    size = sum(os.path.getsize(os.path.join(f, n)) for f, _, names in os.walk(root) for n in names)
    label = f"{files} files, {size / 1e6:.0f} MB"
    # Both sides read from a warm cache.
    run(f"find {root} -type f -exec cat {{}} + > /dev/null", root)
    first_push(f"first push, {label}", root, ["backup"], 3, "≤ 0.25", rows)
    git_init(root)
    run(GIT_FIRST, root)
    time.sleep(1.1)
    run([LUA, "push", "backup"], root)
    same = lambda command: lambda: (command, root)
    side_by_side("nothing changed, the same files", 9, same([LUA, "push", "backup"]), same(["git", "status"]), "≤ 1.0", rows)


def small(work, rows):
    root = work / "small"
    make_agent(root)
    files = sum(len(files) for _, _, files in os.walk(root))
    first_push(f"first push, agent of {files} files", root, [], 9, "≤ 0.4", rows)
    first_push(f"first push of those files alone (`push backup`)", root, ["backup"], 9, "", rows)
    lua_init(root)
    git_init(root)
    run(GIT_FIRST, root)
    run([LUA, "version", "create", "--auto-push", "-m", "one"], root)
    skill = root / "src/skills/s1.skill.ts"
    skill.write_text(skill.read_text().replace("edition 0", "edition 1"))
    run("git commit --quiet -am second && git tag one HEAD~1 && git tag two HEAD", root)
    run([LUA, "version", "create", "--auto-push", "-m", "two"], root)
    time.sleep(1.1)
    run([LUA, "push"], root)
    turn = {"ours": 0, "theirs": 0}

    def other(side, names):
        turn[side] += 1
        return names[turn[side] % 2]

    same = lambda command: lambda: (command, root)
    side_by_side("nothing changed", 9, same([LUA, "push"]), same(["git", "status"]), "", rows)
    side_by_side(
        "version promote / git update-ref", 21,
        lambda: ([LUA, "version", "promote", other("ours", ["1", "2"])], root),
        lambda: (["git", "update-ref", "refs/heads/live", other("theirs", ["one", "two"])], root), "≤ 1.0", rows)
    side_by_side(
        "version promote / git update-ref that syncs", 21,
        lambda: ([LUA, "version", "promote", other("ours", ["1", "2"])], root),
        lambda: (["git", "-c", "core.fsync=all", "update-ref", "refs/heads/live", other("theirs", ["one", "two"])], root), "", rows)
    for line, wanted in [("--version", "< 5 ms"), ("version list", "< 10 ms"), ("version show 2", "< 10 ms"),
                         ("version diff 1 2", "< 10 ms"), ("log", "< 10 ms"), ("status", "")]:
        alone(line, 15, [LUA, *line.split()], root, wanted, rows)


def disk(folder):
    """(bytes of content, bytes of blocks) below a folder."""
    content = blocks = 0
    for where, folders, files in os.walk(folder):
        for name in folders + files:
            stat = os.lstat(os.path.join(where, name))
            content += stat.st_size if name in files else 0
            blocks += stat.st_blocks * 512
    return content, blocks


def history(work, count, rows):
    root = work / "history"
    make_agent(root)
    lua_init(root)
    git_init(root)
    ours = theirs = 0.0
    for n in range(count):
        skill = root / f"src/skills/s{n % 7}.skill.ts"
        text = skill.read_text()
        skill.write_text(text.replace(f"edition {n // 7}", f"edition {n // 7 + 1}"))
        ours += run([LUA, "version", "create", "--auto-push", "-m", f"edition {n}"], root).wall
        theirs += run(f"git add -A && git commit --quiet -m 'edition {n}' && git tag v{n + 1}", root).wall
    run("git gc --quiet", root)
    run([LUA, "compact"], root)
    (a, ab), (b, bb) = disk(root / ".lua"), disk(root / ".git")
    name = f"{count} versions, one file edited each"
    rows.append((f"{name}: time", f"{ours:.1f} s", f"{theirs:.1f} s", f"{ours / theirs:.2f}", "", "", ""))
    rows.append((f"{name}: bytes of files", f"{a / 1e3:.0f} kB", f"{b / 1e3:.0f} kB", f"{a / b:.2f}", "≤ 1.0", "", ""))
    rows.append((f"{name}: bytes of blocks", f"{ab / 1e3:.0f} kB", f"{bb / 1e3:.0f} kB", f"{ab / bb:.2f}", "≤ 1.0", "", ""))
    for line in ["version list", "version show 250", "version diff 1 2", f"version diff 1 {count}", "log -n 20", "log"]:
        alone(f"{line} (of {count})", 15, [LUA, *line.split()], root, "", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=pathlib.Path, help="an installed node_modules folder for the large case")
    parser.add_argument("--work", type=pathlib.Path, default=None, help="where to work (a real disk)")
    parser.add_argument("--versions", type=int, default=500, help="how many versions the history has")
    parser.add_argument("--only", choices=["large", "small", "history"])
    options = parser.parse_args()
    if not LUA.exists():
        sys.exit("run `cargo build --release` first")
    rows = []
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        work = pathlib.Path(work)
        wanted = lambda case: options.only in (None, case)
        if options.tree and wanted("large"):
            large(options.tree.resolve(), work, rows)
        if wanted("small"):
            small(work, rows)
        if wanted("history"):
            history(work, options.versions, rows)
    show(rows)


if __name__ == "__main__":
    main()

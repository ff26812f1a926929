#!/usr/bin/env python3
"""How the cost of each command grows with the number of versions and of files, beside git in the same run.

    cargo build --release
    benches/growth.py                               # 10, 100, 1,000 and 5,000 versions; 75 to 100,000 files
    benches/growth.py --versions 10 500 --files 75  # less of it

One agent of 75 files gets a version with one edited file again and again, in both programs; at each of the given
counts the commands run in turns. Where ours is durable git runs with `core.fsync=all`. A push is compared with add
and commit. Nothing is removed before the end: ext4 searches past each file that was removed in the last minutes.
"""

import argparse
import pathlib
import statistics
import tempfile
import time

from against_git import git_init, lua_init, make_agent
from measure import LUA, SYNCED, run, show, side_by_side

GIT = ["git", *SYNCED]
# 64 files of skills and helpers, ten notes, the entry and package.json.
SKILLS_OF_75 = 32
ROUNDS = 15


def edit(root, number):
    """One line of one skill becomes another."""
    skill = root / f"src/skills/s{number % 7}.skill.ts"
    head, _, rest = skill.read_text().partition(", edition ")
    skill.write_text(f"{head}, edition {number}{rest[rest.index(chr(39)):]}")


class Pair:
    """The same agent in two folders, one for each program, so that neither looks at the other's files."""

    def __init__(self, work, name, fill):
        self.ours, self.git, self.count = work / name / "ours", work / name / "git", 0
        for root in (self.ours, self.git):
            root.mkdir(parents=True)
            fill(root)
        lua_init(self.ours)
        git_init(self.git)

    def create(self):
        """The next version in both: (ours, git's)."""
        self.count += 1
        edit(self.ours, self.count)
        edit(self.git, self.count)
        text = " ".join(GIT)
        return (run([LUA, "version", "create", "--auto-push", "-m", f"edition {self.count}"], self.ours),
                run(f"git add -A && {text} commit -qm 'edition {self.count}' && {text} tag v{self.count}", self.git))

    def compare(self, name, ours, theirs, wanted, rows, rounds=ROUNDS):
        mine = lambda: ([LUA, *(ours() if callable(ours) else ours)], self.ours)
        other = lambda: (theirs() if callable(theirs) else theirs, self.git)
        side_by_side(name, rounds, mine, other, wanted, rows)

    def settle(self):
        """The first status after an edit writes the stat cache of both; files of this second are looked at again."""
        time.sleep(1.1)
        run([LUA, "status"], self.ours)
        run(["git", "status"], self.git)


def turns(*values):
    """A function that gives each value in turn."""
    at = [0]

    def following():
        at[0] += 1
        return values[at[0] % len(values)]

    return following


def read_commands(pair, rows):
    count = pair.count
    middle = count // 2
    label = lambda name: f"{name}, {count} versions"
    compare = lambda name, ours, theirs, wanted: pair.compare(label(name), ours, theirs, wanted, rows)
    compare("`version list` / `log -20`", ["version", "list"], ["git", "log", "-20"], "")
    compare("`version show` / `show --stat`", ["version", "show", str(middle)], ["git", "show", "--stat", f"v{middle}"], "")
    compare("`version diff` / `diff`", ["version", "diff", str(middle), str(middle + 1)],
            ["git", "diff", f"v{middle}", f"v{middle + 1}"], "≤ 1.2")
    compare("`status`", ["status"], ["git", "status"], "≤ 1.2")
    compare("`log`, all", ["log"], ["git", "log", "--stat"], "≤ 0.5")
    pair.compare(label("`fsck`"), ["fsck"], ["git", "fsck", "--full"], "≤ 1.0", rows, 5)


def write_commands(pair, rows):
    count = pair.count
    ours, theirs = turns(1, count), turns("v1", f"v{count}")
    pair.compare(f"`version promote` / `update-ref`, {count} versions", lambda: ["version", "promote", str(ours())],
                 lambda: [*GIT, "update-ref", "refs/heads/live", theirs()], "≤ 1.0", rows, 31)


def versions(work, counts, rows):
    pair = Pair(work, "versions", lambda root: make_agent(root, SKILLS_OF_75))
    for count in counts:
        mine, other = [], []
        while pair.count < count:
            for runs, one in zip((mine, other), pair.create()):
                runs.append(one.wall)
        grown = f"create --auto-push / add, commit, tag; up to {count} versions"
        a, b = statistics.median(mine), statistics.median(other)
        rows.append((grown, f"{min(mine) * 1000:.1f} / {a * 1000:.1f} ms", f"{min(other) * 1000:.1f} / {b * 1000:.1f} ms",
                     f"{a / b:.2f}", "≤ 0.8", "", ""))
        rows.append(("the same, all of them", f"{sum(mine):.1f} s", f"{sum(other):.1f} s", f"{sum(mine) / sum(other):.2f}", "≤ 1.0", "", ""))
        rows.append(("the same, the longest to the median", f"{max(mine) / a:.1f} ×", f"{max(other) / b:.1f} ×", "", "≤ 3 ×", "", ""))
        pair.settle()
        read_commands(pair, rows)
        write_commands(pair, rows)


def fill_files(count):
    """An agent of 75 files, and plain files beside it, 20 to a folder."""
    def fill(root):
        make_agent(root, SKILLS_OF_75)
        for number in range(count - 76):
            folder = root / "data" / f"d{number // 400}" / f"e{number // 20 % 20}"
            folder.mkdir(parents=True, exist_ok=True)
            line = f"line of file {number}\n"
            (folder / f"f{number}.txt").write_text(line * (10 + number * 37 % 150))
    return fill


def files(work, count, rows):
    pair = Pair(work, f"files-{count}", fill_files(count))
    rounds = ROUNDS if count <= 10_000 else 5
    label = lambda name: f"{name}, {count} files"
    first = f"git add -A && {' '.join(GIT)} commit -qm first"
    side_by_side(label("first push / add, commit"), 1, lambda: ([LUA, "push"], pair.ours), lambda: (first, pair.git), "", rows)
    pair.settle()
    pair.compare(label("status, no change"), ["status"], ["git", "status"], "≤ 1.2" if count == 75 else "≤ 0.45", rows, rounds)
    number = [0]

    def edited(words, root):
        def prepare():
            number[0] += 1
            edit(root, number[0])
            return words
        return prepare

    small = count == 75
    pair.compare(label("status after one edit"), edited(["status"], pair.ours), edited(["git", "status"], pair.git),
                 "≤ 1.5" if small else "≤ 0.9", rows, rounds)
    pair.compare(label("push after one edit / add, commit"), edited(["push"], pair.ours),
                 edited(f"git add -A && {' '.join(GIT)} commit -qm edit", pair.git), "≤ 0.7" if small else "≤ 0.5", rows, rounds)
    new = lambda name: work / f"{name}-{count}-{time.monotonic_ns()}"
    # git's copy is synced, as ours is.
    side_by_side(label("restore into a new folder / worktree, sync"), 3,
                 lambda: ([LUA, "restore", "source/v1", new("restored")], pair.ours),
                 lambda: (f"git worktree add -q --detach {(folder := new('worktree'))} && sync -f {folder}", pair.git), "≤ 0.6", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, nargs="*", default=[10, 100, 1000, 5000], help="counts of versions, ascending")
    parser.add_argument("--files", type=int, nargs="*", default=[75, 1000, 10_000, 30_000, 100_000], help="counts of files")
    parser.add_argument("--work", type=pathlib.Path, default=None, help="where to work (a real disk)")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        work = pathlib.Path(work)
        if options.versions:
            versions(work, sorted(options.versions), rows)
        for count in options.files:
            files(work, count, rows)
    show(rows)


if __name__ == "__main__":
    main()

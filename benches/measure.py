"""Runs commands of two programs in shuffled turns, and prints min and median of each with their ratio.

The commands are started by `launcher.c`, which is compiled once below `target/`.
"""

import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
LUA = pathlib.Path(os.environ.get("LUA_STORE", HERE / "target" / "release" / "lua-store"))
HEADING = ("what", "lua-store", "git", "ratio", "target", "our peak", "git's peak")
# git's writes are durable with this, as ours are.
SYNCED = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"]


def environment():
    env = {name: os.environ[name] for name in ("PATH", "TMPDIR", "BENCH_REALTIME") if name in os.environ}
    env.update(HOME="/nonexistent", LANG="C.UTF-8", LUA_STORE_AUTHOR="bench@example.com", GIT_CONFIG_NOSYSTEM="1")
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"], env[f"GIT_{who}_EMAIL"] = "bench", "bench@example.com"
    return env


ENV = environment()


def launcher():
    source, program = HERE / "benches" / "launcher.c", HERE / "target" / "launcher"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", program, source], check=True)
    return program


class Run:
    """One finished process: wall and CPU seconds, peak resident bytes, page faults."""

    def __init__(self, command, cwd):
        words = ["sh", "-c", command] if isinstance(command, str) else command
        read, write = os.pipe()
        # The launcher writes to descriptor 3, which a shell moves there.
        line = f"exec 3>&{write} {write}>&-; exec {shlex.join(map(str, [launcher(), *words]))}"
        child = subprocess.Popen(["sh", "-c", line], cwd=cwd, env=ENV, pass_fds=[write], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(write)
        errors = child.stderr.read()
        with os.fdopen(read) as figures:
            words = figures.readline().split()
        if child.wait() != 0:
            sys.exit(f"{command} in {cwd} failed: {errors.decode()}")
        self.wall, self.cpu = float(words[0]), float(words[1])
        self.peak, self.faults = int(words[2]) * 1024, int(words[3])


def run(command, cwd):
    return Run(command, cwd)


def figures(runs):
    """The least and the median wall time."""
    walls = [one.wall for one in runs]
    return f"{min(walls) * 1000:.1f} / {statistics.median(walls) * 1000:.1f} ms"


def median(runs, figure):
    return statistics.median(getattr(one, figure) for one in runs)


def side_by_side(name, rounds, ours, theirs, wanted, rows):
    """Runs both `rounds` times, in turns whose order is shuffled. Each is a function that prepares and gives
    (command, folder)."""
    mine, other = [], []
    for _ in range(rounds):
        for runs, prepare in random.sample([(mine, ours), (other, theirs)], 2):
            runs.append(run(*prepare()))
    a, b = median(mine, "wall"), median(other, "wall")
    rows.append((name, figures(mine), figures(other), f"{a / b:.2f}", wanted,
                 f"{median(mine, 'peak') / 1e6:.1f} MB", f"{median(other, 'peak') / 1e6:.1f} MB"))
    return mine, other


def alone(name, rounds, command, cwd, wanted, rows):
    run(command, cwd)
    runs = [run(command, cwd) for _ in range(rounds)]
    rows.append((name, figures(runs), "", "", wanted, f"{median(runs, 'peak') / 1e6:.1f} MB", ""))


def show(rows):
    """A table in Markdown, with the load of the machine at its end."""
    print("| " + " | ".join(HEADING) + " |\n|" + " --- |" * len(HEADING))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(f"\nTimes: min / median. Load average: {' '.join(f'{part:.1f}' for part in os.getloadavg())}.")

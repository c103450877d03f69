"""Servers of others as the target of a run: in its network and droplet, measured, and gone afterwards."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import cowboy
from halves import Recorded
from servers import judge

USERS = 500
HERE = os.path.dirname(__file__)
# The server of servers.py, where the run says.
PYTHON = f"{shlex.quote(sys.executable)} {shlex.quote(os.path.join(HERE, 'phoenix_server.py'))}"


class Run(Recorded):
    """One `simbench run --target-command`."""

    def __init__(self, setting, name, command, *options):
        folder = os.path.join(setting.work, name)
        words = [setting.simbench, "run", "--profile", "smoke", "--target-command", command, "--out", folder, *options]
        super().__init__(words, folder, timeout_seconds=300)


def living(mark):
    """Processes whose command line has this in it."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if mark.encode() in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def run(checks, setting, engine):
    served(checks, setting, engine)
    measured_cowboy(checks, setting, engine)
    failing(checks, setting, engine)
    killed(checks, setting, engine)


def served(checks, setting, engine):
    mark = f"mark-{engine}-{os.getpid()}"
    done = Run(setting, f"command-{engine}", f"{PYTHON} {mark}", "--connections", str(USERS), "--engine", engine, "--set", "expect.joined.peak=== users")
    who = f"a command as the target on {engine}"
    judge(checks, who, done, USERS)
    for figure in ("bytes_per_connection.target_user", "cpu_us_per_connection.target"):
        checks.true(f"{who}: {figure} is measured", (done.figure(figure) or 0) > 0, str(done.figure(figure)))
    checks.same(f"{who}: the kernel's part is not divided", [done.figure(f"bytes_per_connection.{side}_kernel") for side in ("target", "worker")], [None, None])
    checks.same(f"{who}: its own system calls are not known", done.figure("system_calls_per_connection.target"), None)
    checks.same(f"{who}: nothing is left", (done.figure("teardown.leaks"), living(mark)), ([], []))
    with open(os.path.join(done.folder, "target.log"), encoding="utf-8") as file:
        checks.same(f"{who}: what it says is kept", file.read(), "listening on 4000\n")


def measured_cowboy(checks, setting, engine):
    """A droplet that is too small for it: the kernel ends the server, and the run says so."""
    command = cowboy.command(setting)
    if not command:
        return checks.skip("Cowboy as the target: there is no Erlang, or no cowboy of rabbitmq-server")
    done = Run(
        setting, f"command-cowboy-{engine}", command, "--engine", engine, "--connections", "20k", "--set", "workers.users=10000",
        "--set", "target.droplet.memory=300 MiB", "--set", "target.droplet.swap=none",
        "--set", "expect.joined.peak=> 100", "--set", "expect.verified.missing=~", "--set", "expect.errors.total=~", "--set", "expect.droplet.oom_kills=>= 1")
    if any("not enforced" in sentence for sentence in done.figure("degraded") or []):
        return checks.skip("Cowboy in a droplet: this host enforces none")
    who = f"Cowboy in a droplet that is too small, on {engine}"
    checks.same(who, (done.status, done.figure("ceiling.cause")), (0, "memory")) or print(done.output[-900:])
    checks.true(f"{who}: some joined", 100 < (done.figure("joined.peak") or 0) < 20_000, str(done.figure("joined.peak")))
    checks.same(f"{who}: nothing is left", done.figure("teardown.leaks"), [])
    return None


def failing(checks, setting, engine):
    done = Run(setting, f"command-fails-{engine}", "echo no such thing >&2; exit 3", "--engine", engine)
    checks.same(f"a command that fails at once on {engine}", done.status, 70)
    sentence = done.figure("run.ended_early_because") or ""
    checks.true("it is said how it ended and what it wrote", "status 3" in sentence and "no such thing" in sentence, sentence)


def killed(checks, setting, engine):
    """Nothing of a command outlives a simbench that is killed."""
    mark = f"mark-killed-{engine}-{os.getpid()}"
    folder = os.path.join(setting.work, f"command-killed-{engine}")
    process = subprocess.Popen(
        [setting.simbench, "run", "--profile", "smoke", "--target-command", f"setsid {PYTHON} {mark} & wait", "--hold", "60 s", "--engine", engine, "--out", folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if re.search("holding", line):
            break
    # As a word of its own it is the server's: simbench has it within the command.
    checks.true(f"a command serves on {engine}", living(f"\0{mark}\0"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    for _ in range(1_000):
        if not living(mark):
            break
        time.sleep(0.01)
    checks.same(f"a command ends with a simbench that is killed, on {engine}", living(mark), [])
    subprocess.run([setting.simbench, "cleanup"], stdout=subprocess.DEVNULL, check=False)

"""Runs of simbench that the checks look at, each made once."""

import os
import signal
import subprocess

from halves import engines
from waiting import patiently

# More than smoke expects, in each family of units.
EXPECTED = {
    "latency_us.join.p99": "< 30 s",
    "bytes_per_connection.fixed": ">= 64 KiB",
    "ramp.joins_per_second": ">= 10/s",
    "errors.total": "== 0",
    "teardown.seconds": "< 60 s",
    "cpu_us_per_connection.target": "< 50 ms",
    "verified.replied": ">= 99 % of users",
}
# Two that cannot hold.
FAILING = {"joined.peak": "== 2001", "latency_us.join.p50": "< 0.001 ms"}


def simbench(setting, *arguments, timeout=60, **more):
    return subprocess.run([setting.simbench, *arguments], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **more)


def expectations(table):
    return [word for figure, condition in table.items() for word in ("--set", f"expect.{figure}={condition}")]


def wait_for(path, text):
    """Until a file has a text in it; whether it has."""
    def has():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return text in file.read()
        except OSError:
            return False

    return patiently(has)


def children(pid):
    """The processes that a process started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


class Records:
    """Run directories by name, with the status that each run ended with."""

    def __init__(self, setting):
        self.setting = setting
        self.status = {}

    def path(self, name):
        return os.path.join(self.setting.work, name)

    def make(self):
        """A run on each engine, one that fails, one that is interrupted, and one whose target is killed."""
        if self.status:
            return self
        self.engines = engines(self.setting.simbench)
        for engine in self.engines:
            self._run(engine, "--engine", engine, "--hold", "0.5s", *expectations(EXPECTED))
        self._run("failed", "--hold", "0.5s", *expectations(FAILING))
        self._stopped("interrupted", lambda run: run.send_signal(signal.SIGINT))
        self._stopped("broken", lambda run: os.kill(children(run.pid)[0], signal.SIGKILL))
        return self

    def _run(self, name, *flags):
        self.status[name] = simbench(self.setting, "run", "--profile", "smoke", "--out", self.path(name), *flags).returncode

    def _stopped(self, name, stop):
        run = subprocess.Popen(
            [self.setting.simbench, "run", "--profile", "smoke", "--hold", "30s", "--out", self.path(name)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            wait_for(self.path(name) + "/events.log", "The hold begins")
            stop(run)
            self.status[name] = run.wait(timeout=60)
        finally:
            if run.poll() is None:
                run.kill()
                run.wait()

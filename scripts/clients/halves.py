"""Starts either half of simbench alone, and tells what it counted."""

import json
import os
import queue
import re
import signal
import subprocess
import threading

from waiting import patiently

READY_SECONDS = 60
END_SECONDS = 30


class Target:
    """`simbench target` on a free port of 127.0.0.1, for as long as the `with` block lasts.

    Afterwards `count` is what it counted, and `status` how it ended.
    """

    def __init__(self, setting, *options, engine=None):
        self.file = os.path.join(setting.work, f"target-{id(self)}.json")
        self.command = [setting.simbench, "target", "--listen", "127.0.0.1:0", "--quiet", "--json", self.file, *options]
        if engine:
            self.command += ["--engine", engine]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = first_line(self.process)
        match = re.search(r"listening on http://([\d.]+):(\d+)/", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"the target did not say where it listens, but {line!r}")
        self.host, self.port = match.group(1), int(match.group(2))
        self.authority = f"{self.host}:{self.port}"
        self.page = f"http://{self.authority}/"
        self.socket = f"ws://{self.authority}/socket/websocket"
        self.echo = f"ws://{self.authority}/echo"
        return self

    def __exit__(self, *_):
        self.settle()
        self.process.send_signal(signal.SIGINT)
        self.status = end(self.process)
        try:
            with open(self.file, encoding="utf-8") as file:
                self.count = json.load(file)
        except (OSError, ValueError):
            self.count = {}

    def settle(self):
        """Waits until the kernel holds no connection of the target's any more: then it has counted their ends."""
        patiently(lambda: not connections(self.port), END_SECONDS)


class Recorded:
    """A program that leaves the record of a run in a folder; `status`, `summary` and `output` are what came of it."""

    def __init__(self, command, folder, timeout_seconds):
        self.folder = folder
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_seconds, check=False)
        self.status, self.output = done.returncode, done.stdout + done.stderr
        try:
            with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
                self.summary = json.load(file)
        except (OSError, ValueError):
            self.summary = {}

    def figure(self, path):
        value = self.summary
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value


class Workers(Recorded):
    """One `simbench worker` run."""

    def __init__(self, setting, name, url, *options, timeout_seconds=120):
        folder = os.path.join(setting.work, name)
        super().__init__([setting.simbench, "worker", "--url", url, "--out", folder, *options], folder, timeout_seconds)


def states(port):
    """The states of the sockets that have this local port of IPv4, as the kernel writes them (include/net/tcp_states.h)."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return [row[3] for row in rows if int(row[1].rsplit(":", 1)[1], 16) == port]


def connections(port):
    """How many sockets are at this port. Those that listen (LISTEN) are none, and those that only wait have no process (TIME_WAIT)."""
    return sum(state not in ("0A", "06") for state in states(port))


def first_line(process):
    """The first line of a process' output, or what there is of it when none comes in time."""
    lines = queue.Queue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    try:
        return lines.get(timeout=READY_SECONDS)
    except queue.Empty:
        return ""


def end(process):
    """Waits for a process that was told to end; one that does not is killed, by its own id."""
    try:
        return process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def engines(simbench):
    """Those that work on this host."""
    text = subprocess.run([simbench, "doctor"], capture_output=True, text=True, check=False).stdout
    return ["epoll", "io_uring"] if "io_uring works" in text else ["epoll"]

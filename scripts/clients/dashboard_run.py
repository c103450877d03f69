"""Runs of simbench with a dashboard, and what is asked of it without a browser."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

from halves import end

SECONDS = 60
USERS = 3_000
RAMP_SECONDS = 10
PROFILE = f"""\
name: watched
about: a small paced run, so that there is something to watch
target: {{ port: 4000, path: /socket/websocket }}
workers: {{ group: worker, count: 3, users: {USERS // 3}, ports: 32768-60999 }}
load: {{ phases: [{{ duration: {RAMP_SECONDS} s, rate: {USERS // RAMP_SECONDS * 2}/s, users: {USERS} }}] }}
session: [connect, join: "rooms:lobby", think: 30000 s]
hold: 600 s
sample_period: 250 ms
reference: watched.csv
expect: {{ joined.peak: "== {USERS}" }}
"""


def profile(setting):
    """The path of `PROFILE`, with a reference beside it."""
    path = os.path.join(setting.work, "watched.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROFILE)
    with open(os.path.join(setting.work, "watched.csv"), "w", encoding="utf-8") as file:
        file.write("t_s,connected\n" + "".join(f"{second},{min(USERS, second * USERS // 6)}\n" for second in range(RAMP_SECONDS + 1)))
    return path


class Run:
    """A `simbench run` with a dashboard, for as long as the `with` block lasts."""

    def __init__(self, setting, name, *options, dashboard="127.0.0.1:0"):
        self.folder = os.path.join(setting.work, name)
        self.command = [setting.simbench, "run", *options, "--dashboard", dashboard, "--out", self.folder]
        self.lines, self.said = queue.Queue(), []

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            return self._opened()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def _opened(self):
        while True:
            line = self.lines.get(timeout=SECONDS)
            if line is None:
                raise RuntimeError(f"the run ended without a dashboard: {''.join(self.said)}")
            found = re.match(r"dashboard: (http://([\d.]+):(\d+)/)", line)
            if found:
                self.url, self.host, self.port = found.group(1), found.group(2), int(found.group(3))
                return self

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.status = end(self.process)

    def summary(self):
        with open(os.path.join(self.folder, "summary.json"), encoding="utf-8") as file:
            return json.load(file)

    def get(self, path, **headers):
        """Status and body of a GET, whatever the status is."""
        return self._ask(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path, **headers):
        return self._ask(urllib.request.Request(self.url + path, data=b"", headers=headers))

    def _ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def state(self):
        return json.loads(self.get("state")[1])["state"]

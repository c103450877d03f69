"""The live view, looked at on a terminal of tmux's: colours, widths, and what is there after every kind of end."""

import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import time

import runs

HOLD = "6s"


class Pane:
    """A tmux server of its own with one shell in it."""

    def __init__(self, setting, name, columns=80, rows=40, **environment):
        self.setting = setting
        self.socket = f"{setting.work}/tmux-{name}"
        self.folder = f"{setting.work}/pane-{name}"
        shown = {"TERM": "screen-256color", "LC_ALL": "C.UTF-8", "PS1": "$ ", **environment}
        words = [f"{key}={value}" for key, value in shown.items()]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "env", "-u", "NO_COLOR", *words, "sh")
        self.wait("$")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, text=True, timeout=10, check=True).stdout

    def type(self, text, enter=True):
        self.tmux("send-keys", "-l", text)
        if enter:
            self.tmux("send-keys", "Enter")

    def key(self, name):
        self.tmux("send-keys", name)

    def text(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, part, seconds=20, colours=False):
        """The screen once it has a text, or None."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            text = self.text(colours)
            if re.search(part, text) if isinstance(part, re.Pattern) else part in text:
                return text
            time.sleep(0.1)
        return None

    def run(self, *flags, hold=HOLD):
        words = " ".join([self.setting.simbench, "run", "--profile", "smoke", "--hold", hold, "--out", self.folder, *flags])
        self.type(f"clear; {words}; echo status=$?")

    def resize(self, columns, rows=40):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def state(self):
        """The terminal's own: what a program could leave changed."""
        return self.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on} #{insert_flag} #{keypad_flag} #{mouse_any_flag} #{wrap_flag}").strip()

    def process(self):
        """The run's own process."""
        shell = int(self.tmux("display-message", "-p", "#{pane_pid}"))
        return runs.children(shell)[0]

    def works(self):
        """A shell that echoes what is typed, and starts its line at the left."""
        self.type("echo wor''ks")
        return self.wait(re.compile(r"^works$", re.MULTILINE), 5) is not None

    def close(self):
        try:
            self.tmux("kill-server")
        except (subprocess.SubprocessError, OSError):
            pass


RESTED = "1 0 0 0 0 1"


def run(checks, setting):
    if not shutil.which("tmux"):
        return checks.skip("the terminal: tmux is not installed")
    tests = (narrow, plain_end, interrupted, terminated, killed, child_killed, stopped, tiny, without_colour, dumb)
    # They mostly wait.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda test: checks.guard(test.__name__, test, checks, setting), tests))


def with_pane(name, body, setting, **more):
    pane = Pane(setting, name, **more)
    try:
        body(pane)
    finally:
        pane.close()


def widest(pane):
    """Columns of the live view's longest line, as it was written: one that the terminal broke is one line here."""
    lines = pane.tmux("capture-pane", "-p", "-J").splitlines()
    view = next((index for index, line in enumerate(lines) if line.startswith("smoke on ")), len(lines))
    return max((len(line.rstrip()) for line in lines[view:]), default=1_000)


def plain_end(checks, setting):
    def body(pane):
        before = pane.state()
        pane.run()
        live = pane.wait("holding", colours=True) or ""
        checks.true("the live view is in colour", "\x1b[32m" in live, live)
        shown = pane.text()
        checks.true("80 columns are enough", "2,000 joined" in shown and widest(pane) <= 80, shown)
        checks.same("one block is on the screen", shown.count("smoke on "), 1)
        end = pane.wait("status=0") or pane.text()
        checks.true("the summary follows", "passed" in end and "expected" in end, end)
        checks.true("the live view is gone", "holding" not in end and "\u2588" not in end, end)
        checks.same("the terminal is as it was", pane.state(), before)
        checks.same("which is at rest", before, RESTED)
        checks.true("the shell works", pane.works())

    with_pane("end", body, setting)


def _ended(checks, setting, name, end, status):
    def body(pane):
        pane.run()
        pane.wait("holding")
        end(pane)
        text = pane.wait(status) or pane.text()
        checks.true(f"{name}: {status}", status in text, text)
        checks.same(f"{name}: the terminal is as it was", pane.state(), RESTED)
        checks.true(f"{name}: the shell works", pane.works())

    with_pane(name, body, setting)


def interrupted(checks, setting):
    _ended(checks, setting, "interrupted", lambda pane: pane.key("C-c"), "status=130")


def terminated(checks, setting):
    _ended(checks, setting, "terminated", lambda pane: os.kill(pane.process(), signal.SIGTERM), "status=130")


def killed(checks, setting):
    _ended(checks, setting, "killed", lambda pane: os.kill(pane.process(), signal.SIGKILL), "status=137")
    time.sleep(1)
    runs.simbench(setting, "cleanup")


def child_killed(checks, setting):
    _ended(checks, setting, "child", lambda pane: os.kill(runs.children(pane.process())[-1], signal.SIGKILL), "status=70")


def stopped(checks, setting):
    def body(pane):
        pane.run()
        pane.wait("holding")
        # The shell has no job control unless told; the one of the terminal does it.
        pane.key("C-z")
        away = pane.wait(re.compile(r"Stopped|\[1\] \+"), 5)
        if away is None:
            return checks.true("Ctrl-Z stops the run", False, pane.text())
        checks.same("stopped: the terminal is as it was", pane.state(), RESTED)
        checks.true("stopped: the shell works", pane.works())
        pane.type("fg; echo back=$?")
        text = pane.wait(re.compile(r"^back=\d", re.MULTILINE)) or pane.text()
        checks.true("the run goes on and passes", "back=0" in text and "passed" in text, text)
        checks.true("what the shell wrote is not drawn over", "works" in pane.tmux("capture-pane", "-p", "-S", "-200"), text)

    with_pane("stopped", body, setting, ENV="")


def narrow(checks, setting):
    def body(pane):
        # Longer than all the widths take.
        pane.run(hold="12s")
        pane.wait("holding")
        for columns in (120, 60, 40, 24, 80):
            pane.resize(columns)
            time.sleep(1.3)
            text = pane.text()
            checks.true(f"{columns} columns", widest(pane) <= columns and "joined" in text and text.count("holding") <= 1, text)
        text = pane.wait("status=0") or pane.text()
        checks.true("a run on a terminal that changed passes", "status=0" in text, text)

    with_pane("narrow", body, setting)


def tiny(checks, setting):
    def body(pane):
        pane.run()
        pane.wait("hold", 10)
        time.sleep(2)
        history = pane.tmux("capture-pane", "-p", "-S", "-200")
        checks.true("4 rows of 20 columns are not flooded", len(history.splitlines()) < 40, history)
        checks.true("and the run passes", (pane.wait("status=0") or "") != "", pane.text())

    with_pane("tiny", body, setting, columns=20, rows=4)


def without_colour(checks, setting):
    def body(pane):
        pane.run()
        live = pane.wait("holding", colours=True) or ""
        checks.true("NO_COLOR: no colour, but a live view", "holding" in live and not re.search("\x1b\\[[0-9;]*m", live), live)
        end = pane.wait("status=0", colours=True) or ""
        checks.true("NO_COLOR: a summary without colour", "passed" in end and not re.search("\x1b\\[3[0-9]m", end), end)

    with_pane("plain", body, setting, NO_COLOR="1")


def dumb(checks, setting):
    def body(pane):
        pane.run()
        end = pane.wait("status=0", colours=True) or pane.text()
        checks.true("TERM=dumb: lines, and none drawn over", re.search(r"s ramping|s holding", end) is not None and "passed" in end, end)
        checks.true("TERM=dumb: no sequences", "\x1b" not in end, end)

    with_pane("dumb", body, setting, TERM="dumb")

"""Headless Chromium on the dashboard of a real run: values move, a reload keeps the history, the button stops the run.

`--screenshots FOLDER` leaves pictures of it, at desktop and phone width, in light and dark.
"""

import argparse
import asyncio
import base64
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

from browser import Browser, _endpoint as browser_endpoint
from check import Checks
from halves import end

SECONDS = 60
USERS = 3_000
PROFILE = f"""\
name: watched
about: a small paced run, so that there is something to watch
target: {{ port: 4000, path: /socket/websocket }}
workers: {{ group: worker, count: 3, users: {USERS // 3}, ports: 32768-60999 }}
load: {{ phases: [{{ duration: 10 s, rate: {USERS // 5}/s, users: {USERS} }}] }}
session: [connect, join: "rooms:lobby", think: 30000 s]
hold: 600 s
sample_period: 250 ms
reference: watched.csv
expect: {{ joined.peak: "== {USERS}" }}
"""
WIDTHS = {"desktop": (1280, 900), "phone": (360, 740)}


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
        while True:
            line = self.lines.get(timeout=SECONDS)
            if line is None:
                raise RuntimeError(f"the run ended without a dashboard: {''.join(self.said)}")
            found = re.match(r"dashboard: (http://\S+)", line)
            if found:
                self.url = found.group(1)
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


class Page:
    """A tab on the dashboard."""

    def __init__(self, tab):
        self.tab = tab

    async def open(self, url):
        await self.tab.call("Page.enable")
        await self.tab.call("Page.navigate", url=url)

    async def look(self, width, height, scheme):
        await self.tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        # Scroll bars would be in the layout but not in the picture.
        await self.tab.call("Emulation.setScrollbarsHidden", hidden=True)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.tab.call("Emulation.setEmulatedMedia", features=features)
        await asyncio.sleep(0.7)

    async def figure(self, path):
        """A figure of the state that the page has; None when there is none."""
        return await self.tab.value(f"typeof state === 'undefined' || !state ? null : state.{path}")

    async def until(self, condition):
        return await self.tab.until(f"typeof state !== 'undefined' && !!state && ({condition})")

    async def picture(self, path):
        size = (await self.tab.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = await self.tab.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    async def pictures(self, folder, name):
        for width, size in WIDTHS.items():
            for scheme in ("light", "dark"):
                await self.look(*size, scheme)
                await self.picture(os.path.join(folder, f"{name}-{width}-{scheme}.png"))

    async def press(self, key, code, **more):
        for kind in ("keyDown", "keyUp"):
            await self.tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)


def get(url, path, **headers):
    """Status and body of a GET, whatever the status is."""
    request = urllib.request.Request(url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def stuck(url):
    """A browser that asks for the stream and never reads it."""
    host, port = re.match(r"http://([\d.]+):(\d+)/", url).groups()
    client = socket.create_connection((host, int(port)))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.sendall(f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    return client


async def watched(checks, setting, browser):
    """A run that is watched from its beginning, reloaded, and stopped by the button."""
    path = os.path.join(setting.work, "watched.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROFILE)
    with open(os.path.join(setting.work, "watched.csv"), "w", encoding="utf-8") as file:
        file.write("t_s,connected\n" + "".join(f"{second},{min(USERS, second * USERS // 6)}\n" for second in range(11)))
    page = Page(await browser.tab("about:blank"))
    with Run(setting, "watched", "--profile", path) as run:
        await page.open(run.url)
        checks.true("the page is open before the ramp or soon after", await page.until("state.stage !== 'done'"))
        checks.true("the page says that it is live", await page.until("document.getElementById('link').textContent === 'live'"))
        checks.true("the first users are seen", await page.until("state.joined > 0"))
        first = await page.figure("joined")
        checks.true("the number of users moves", await page.until(f"state.joined > {first}"), str(first))
        shown = "document.getElementById('tiles').innerText"
        checks.true("the figures are on the page", await page.until(f"{shown}.includes(state.joined.toLocaleString('en-US'))"))
        checks.true("the curve grows", await page.until("history.length > 4"))
        before = await page.tab.value("history.length")
        await page.tab.call("Page.reload")
        checks.true("a reload keeps the history", await page.until(f"history.length >= {before} && history[0][0] < 2"), str(before))
        clients = [stuck(run.url) for _ in range(3)]
        checks.true("all users join", await page.until(f"state.stage === 'holding' && state.joined === {USERS}"))
        checks.true("the reference is drawn", await page.tab.value("document.querySelectorAll('#curve polyline').length === 3"))
        rows = "[...document.querySelectorAll('#workers tbody tr')].map(row => +row.cells[3].innerText.replace(/,/g, ''))"
        checks.same("each worker has a row", await page.tab.value(rows), [USERS // 3] * 3)
        loaded = "performance.getEntriesByType('resource').every(entry => entry.name.startsWith(location.origin))"
        checks.true("nothing is loaded from elsewhere", await page.tab.value(loaded))
        await page.look(360, 740, "light")
        checks.true("nothing is wider than a phone", await page.tab.value("document.documentElement.scrollWidth <= 360"))
        if setting.screenshots:
            await page.pictures(setting.screenshots, "holding")
        await page.look(1280, 900, "light")
        refusals(checks, run.url)
        await keyboard(checks, page)
        await page.tab.value("document.getElementById('stop').click()")
        if setting.screenshots:
            await page.picture(os.path.join(setting.screenshots, "asking.png"))
        await page.tab.value("document.getElementById('sure').click()")
        checks.true("the page is told that the run was stopped", await page.until("state.outcome && state.outcome.verdict === 'interrupted'"))
        checks.true("the page says that it is over", await page.until("document.getElementById('link').textContent === 'the run is over'"))
        checks.true("and where the record is", await page.tab.value(f"document.getElementById('outcome').innerText.includes({json.dumps(run.folder)})"))
        await asyncio.to_thread(run.process.wait, SECONDS)
        for client in clients:
            client.close()
    checks.same("a run that was stopped exits with 130", run.status, 130)
    await agree(checks, page, run.summary())


async def keyboard(checks, page):
    """The stop button and the chart without a pointer."""
    await page.tab.value("document.getElementById('stop').focus()")
    await page.press("Enter", 13, text="\r")
    checks.true("Enter on the button asks", await page.until("document.getElementById('ask').open"))
    await page.press("Escape", 27)
    checks.true("Escape takes the question back", await page.until("!document.getElementById('ask').open"))
    await page.tab.value("document.getElementById('curve').focus()")
    await page.press("Home", 36)
    checks.true("Home goes to the curve's beginning", await page.until("curve.at === curve.main[0][0]"))
    checks.true("and says what is there", await page.until("document.getElementById('said').textContent.startsWith('at ')"))


def refusals(checks, url):
    """What other pages and programs get."""
    checks.same("a path that is none", get(url, "../../etc/passwd")[0], 404)
    checks.same("another name's page", get(url, "", Host="evil.example")[0], 421)
    checks.same("a state for scripts", json.loads(get(url, "state")[1])["state"]["joined"], USERS)
    checks.true("metrics end as they must", get(url, "metrics")[1].endswith("# EOF\n"))
    for headers in ({}, {"X-Simbench-Token": "0"}, {"Origin": "http://evil.example"}):
        request = urllib.request.Request(url + "stop", data=b"", headers=headers)
        try:
            status = urllib.request.urlopen(request, timeout=SECONDS).status
        except urllib.error.HTTPError as refusal:
            status = refusal.code
        checks.same(f"a stranger's stop with {headers}", status, 403)


async def agree(checks, page, summary):
    """The page's last figures are the summary's."""
    pairs = {
        "joined": summary["joined"]["final"], "connected": summary["connected"]["final"], "users_started": summary["users"]["started"],
        "lost": summary["lost"], "retries": summary["retries"], "errors": summary["errors"], "bytes_in": summary["traffic"]["bytes_in"],
        "latency_us.join": summary["latency_us"]["join"], "latency_us.connect": summary["latency_us"]["connect"],
        "outcome.verdict": summary["verdict"],
    }
    for path, value in pairs.items():
        checks.same(f"page and summary agree on {path}", await page.figure(path), value)


async def whole(checks, setting, browser):
    """A run that is left to itself."""
    page = Page(await browser.tab("about:blank"))
    with Run(setting, "whole", "--profile", "smoke", "--hold", "4s") as run:
        await page.open(run.url)
        checks.true("the page sees the end", await page.until("state.outcome"))
        await asyncio.to_thread(run.process.wait, SECONDS)
    checks.same("smoke passes beside its dashboard", run.status, 0)
    await agree(checks, page, run.summary())
    if setting.screenshots:
        await page.pictures(setting.screenshots, "passed")


def taken(checks, setting):
    """A port that was asked for and is not free."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place = f"127.0.0.1:{other.getsockname()[1]}"
        folder = os.path.join(setting.work, "taken")
        command = [setting.simbench, "run", "--profile", "smoke", "--dashboard", place, "--out", folder]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    checks.same("a port in use ends the run before it begins", done.returncode, 69)
    checks.true("and is named", place in done.stderr and "in use" in done.stderr, done.stderr)
    checks.true("no record is begun", not os.path.exists(os.path.join(folder, "plan.json")))


async def browse(checks, setting, profile):
    from websockets.asyncio.client import connect

    async with connect(await browser_endpoint(profile), max_size=None, compression=None) as devtools:
        browser = Browser(devtools)
        await watched(checks, setting, browser)
        await whole(checks, setting, browser)


def chromium(checks, setting):
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        return checks.skip("the dashboard in Chromium: there is no chromium")
    with tempfile.TemporaryDirectory(dir=setting.work) as profile:
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            asyncio.run(asyncio.wait_for(browse(checks, setting, profile), 6 * SECONDS))
        finally:
            process.terminate()
            end(process)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simbench", required=True, help="the program")
    parser.add_argument("--screenshots", help="a folder for pictures of the page")
    setting = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="simbench-dashboard.", ignore_cleanup_errors=True) as work:
        setting.work = work
        if setting.screenshots:
            os.makedirs(setting.screenshots, exist_ok=True)
        checks.guard("a port in use", taken, checks, setting)
        checks.guard("the dashboard in Chromium", chromium, checks, setting)
    print(f"{checks.passed} passed, {checks.failed} failed, {checks.skipped} skipped")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())

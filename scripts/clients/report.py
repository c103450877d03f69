"""Headless Chromium on a run's report.html: it opens, asks for nothing, complains of nothing, and tells what summary.json tells."""

import asyncio
import base64
import contextlib
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile

from browser import Browser, _endpoint
from halves import end

SECONDS = 60
SECTIONS = [
    "verdict", "curve", "ceiling", "ledger", "latency", "errors", "cpu", "memory", "plan", "host", "degraded", "events", "repeat",
]
# Width and height in CSS pixels.
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def run(checks, setting, engine):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        return checks.skip("report.html in Chromium: there is no chromium")
    folder = setting.report_of or _smoke(checks, setting, engine)
    with tempfile.TemporaryDirectory(dir=setting.work) as profile, _launched(chromium, profile):
        asyncio.run(asyncio.wait_for(_look(checks, setting, folder, profile), 4 * SECONDS))
    return None


def _smoke(checks, setting, engine):
    folder = os.path.join(setting.work, "report-run")
    command = [setting.simbench, "run", "--profile", "smoke", "--engine", engine, "--out", folder, "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    checks.same(f"a smoke run on {engine} for its report", (done.returncode, done.stderr), (0, ""))
    return folder


@contextlib.contextmanager
def _launched(chromium, profile):
    command = [
        chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        end(process)


class Listener(Browser):
    """Keeps what the browser tells without having been asked."""

    def __init__(self, socket):
        super().__init__(socket)
        self.events = []

    async def call(self, method, session=None, **parameters):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        await self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.recv(), SECONDS))
            if answer.get("id") != self.calls:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def told(self, method):
        return [event["params"] for event in self.events if event.get("method") == method]


async def _look(checks, setting, folder, profile):
    from websockets.asyncio.client import connect

    page = pathlib.Path(folder, "report.html").resolve()
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    async with connect(await _endpoint(profile), max_size=None, compression=None) as socket:
        browser = Listener(socket)
        tab = await browser.tab("about:blank")
        for domain in ("Runtime", "Log", "Network", "Page"):
            await tab.call(f"{domain}.enable")
        await tab.call("Page.navigate", url=page.as_uri())
        checks.true("report.html is loaded", await tab.until("document.readyState == 'complete' && location.protocol == 'file:'"))
        await _content(checks, tab, summary)
        await _tooltips(checks, tab)
        for size in SIZES:
            for scheme in ("light", "dark"):
                await _shown(checks, setting, tab, size, scheme)
        asked = [each["request"]["url"] for each in browser.told("Network.requestWillBeSent")]
        checks.same("nothing but the page itself is asked for", asked, [page.as_uri()])
        complaints = [each["entry"]["text"] for each in browser.told("Log.entryAdded")]
        complaints += [str(each["exceptionDetails"].get("text")) for each in browser.told("Runtime.exceptionThrown")]
        complaints += [str(each.get("args")) for each in browser.told("Runtime.consoleAPICalled")]
        checks.same("the console is silent", complaints, [])


async def _content(checks, tab, summary):
    sections = await tab.value("[...document.querySelectorAll('main > section')].map(section => section.id)")
    checks.same("the sections of report.html", sections, SECTIONS)
    told = await tab.value("[...document.querySelectorAll('[data-figure]')].map(each => [each.dataset.figure, each.dataset.value, each.innerText])")
    for path, value, text in told:
        wanted = _figure(summary, path)
        if isinstance(wanted, (int, float)):
            near = math.isclose(float(value), float(wanted), rel_tol=1e-12)
            checks.true(f"{path} of report.html is that of summary.json", near, f"{value} instead of {wanted}")
        else:
            checks.same(f"{path} of report.html is that of summary.json", value, "null" if wanted is None else wanted)
        if not path.startswith(("errors.", "bytes_per")):
            checks.true(f"{path} is readable", text.strip() != "")
    verdict = await tab.value("document.querySelector('#verdict').innerText")
    checks.true("the verdict's word", summary["verdict"] in verdict.lower(), verdict[:200])
    for expectation in summary["expectations"]:
        checks.true(f"{expectation['figure']} is in the verdict", expectation["figure"] in verdict, verdict[:400])
    rows = await tab.value("document.querySelectorAll('#verdict tbody tr').length")
    checks.same("a row for each expectation", rows, len(summary["expectations"]))


def _figure(summary, path):
    if path == "errors.total":
        return sum(summary["errors"].values())
    value = summary
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return len(value) if isinstance(value, list) else value


async def _tooltips(checks, tab):
    place = await tab.value(
        "(() => { const band = document.querySelector('#figure-curve svg.wide .bands rect'); band.scrollIntoView({block: 'center'});"
        " const box = band.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })()")
    told = False
    # Scrolling, which hides it, may still be under way.
    for shift in range(20):
        await tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1] + shift)
        told = told or await tab.value("document.getElementById('tip').textContent.includes('connected')")
        await asyncio.sleep(0 if told else 0.1)
    checks.true("a tooltip tells what is under the pointer", told)
    await tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)


async def _shown(checks, setting, tab, size, scheme):
    width, height = SIZES[size]
    await tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=size == "phone")
    await tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    wide = await tab.value("document.documentElement.scrollWidth")
    checks.true(f"no sideways scrolling: {size}, {scheme}", wide <= width, f"{wide} of {width} pixels")
    shown = await tab.value("[...document.querySelectorAll('figure')].every(each => [...each.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 0).length == 1)")
    checks.true(f"each figure shows one drawing: {size}, {scheme}", shown)
    if setting.pictures:
        os.makedirs(setting.pictures, exist_ok=True)
        whole = {"x": 0, "y": 0, "width": width, "height": await tab.value("document.documentElement.scrollHeight"), "scale": 1}
        picture = await tab.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=whole)
        with open(os.path.join(setting.pictures, f"report-{size}-{scheme}.png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))

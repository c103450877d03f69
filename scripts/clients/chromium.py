"""Headless Chromium, spoken to by the DevTools protocol."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile

from halves import end

SECONDS = 60
# Width and height in CSS pixels.
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--remote-debugging-port=0",
]


def program():
    """Where it is; None when it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def drive(checks, setting, what, body, *arguments, seconds=4 * SECONDS):
    """Runs `body(browser, *arguments)`, a coroutine, with a browser of its own; says so when there is none."""
    path = program()
    if not path:
        return checks.skip(f"{what}: there is no chromium")
    return asyncio.run(asyncio.wait_for(_driven(path, setting, body, arguments), seconds))


async def _driven(path, setting, body, arguments):
    async with launched(path, setting.work) as browser:
        await body(browser, *arguments)


@contextlib.asynccontextmanager
async def launched(path, work):
    from websockets.asyncio.client import connect

    with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL)
        try:
            async with connect(await _endpoint(profile), max_size=None, compression=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            end(process)


async def _endpoint(profile):
    """Where the browser says that it listens, once it does."""
    path = os.path.join(profile, "DevToolsActivePort")
    for _ in range(SECONDS * 20):
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().split()
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        except OSError:
            pass
        await asyncio.sleep(0.05)
    raise RuntimeError("Chromium did not open its DevTools port")


class Browser:
    """Keeps what the browser tells without having been asked."""

    def __init__(self, socket):
        self.socket, self.calls, self.events = socket, 0, []

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

    def complaints(self):
        """What pages complained of on their consoles."""
        return [each["entry"]["text"] for each in self.told("Log.entryAdded")] \
            + [json.dumps(each["exceptionDetails"])[:300] for each in self.told("Runtime.exceptionThrown")] \
            + [str(each.get("args")) for each in self.told("Runtime.consoleAPICalled")]

    async def tab(self, url):
        made = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        tab = Tab(self, attached["sessionId"])
        for domain in ("Runtime", "Log", "Network", "Page"):
            await tab.call(f"{domain}.enable")
        if url != "about:blank":
            await tab.call("Page.navigate", url=url)
        return tab


class Tab:
    """A page."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    async def call(self, method, **parameters):
        return await self.browser.call(method, self.session, **parameters)

    async def value(self, expression):
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def until(self, expression):
        """Waits until it is true in the page; false when it does not become so in time."""
        for _ in range(SECONDS * 20):
            if await self.value(expression):
                return True
            await asyncio.sleep(0.05)
        return False

    async def type(self, field, text):
        await self.value(f"document.getElementById('{field}').focus()")
        await self.value(f"document.getElementById('{field}').select()")
        await self.call("Input.insertText", text=text)

    async def press(self, key, code, **more):
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    async def look(self, size, scheme):
        """As it is seen on a screen of that size, by somebody who likes that colour scheme."""
        await self.call("Page.bringToFront")
        width, height = SIZES[size]
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=size == "phone")
        # Scroll bars would be in the layout but not in the picture.
        await self.call("Emulation.setScrollbarsHidden", hidden=True)
        await self.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # Two frames: what a page draws anew for the size is on it then.
        await self.call(
            "Runtime.evaluate", awaitPromise=True,
            expression="new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def picture(self, path):
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = await self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    async def pictures(self, folder, name):
        """In each size and colour scheme."""
        os.makedirs(folder, exist_ok=True)
        for size in SIZES:
            for scheme in SCHEMES:
                await self.look(size, scheme)
                await self.picture(os.path.join(folder, f"{name}-{size}-{scheme}.png"))


# Texts that stand out too little from what is behind them: less than WCAG's AA asks for (4.5, and 3 for large letters).
_FAINT = """
(() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = each => {
    for (let at = each; at; at = at.parentElement) {
      const ground = parts(getComputedStyle(at).backgroundColor);
      if (ground.length === 3 || ground[3] === 1) return ground;
    }
    return [255, 255, 255];
  };
  const found = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const each = texts.currentNode.parentElement, box = each.getBoundingClientRect(), style = getComputedStyle(each);
    if (!texts.currentNode.data.trim() || !box.width || style.visibility === 'hidden' || each.closest('script, style, title, .unseen, .inbar, :disabled')) continue;
    const [high, low] = [light(parts(each instanceof SVGElement ? style.fill : style.color)), light(behind(each))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || size >= 18.66 && style.fontWeight >= 700, ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`${texts.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return [...found];
})()
"""


async def legible(checks, tab, name):
    """In both colour schemes."""
    for scheme in SCHEMES:
        await tab.look("desktop", scheme)
        checks.same(f"{name}: contrast of texts, {scheme}", await tab.value(_FAINT), [])

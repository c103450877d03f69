"""Headless Chromium on the chat page: two tabs, each of which sees what the other says."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile

from halves import Target, end

SECONDS = 40


def run(checks, setting, engine):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        return checks.skip("the chat page in Chromium: there is no chromium")
    with Target(setting, engine=engine) as server, tempfile.TemporaryDirectory(dir=setting.work) as profile:
        command = [
            chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            asyncio.run(asyncio.wait_for(_chat(checks, setting, server, profile, engine), 3 * SECONDS))
        finally:
            process.terminate()
            end(process)
    checks.same(f"the target counted the tabs' joins on {engine}", server.count.get("joined"), 2)
    return None


class Tab:
    """A page, spoken to by the DevTools protocol."""

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

    async def enter(self):
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **key)


class Browser:
    def __init__(self, socket):
        self.socket, self.calls = socket, 0

    async def call(self, method, session=None, **parameters):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        await self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.recv(), SECONDS))
            if answer.get("id") == self.calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    async def tab(self, url):
        made = await self.call("Target.createTarget", url=url)
        attached = await self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        return Tab(self, attached["sessionId"])


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


async def _chat(checks, setting, server, profile, engine):
    from websockets.asyncio.client import connect

    async with connect(await _endpoint(profile), max_size=None, compression=None) as socket:
        browser = Browser(socket)
        tabs = [await browser.tab(server.page), await browser.tab(server.page)]
        for number, tab in enumerate(tabs):
            joined = await tab.until("document.getElementById('status') && document.getElementById('status').className == 'joined'")
            checks.true(f"tab {number} has joined on {engine}", joined)
        checks.same(f"the page's title on {engine}", await tabs[0].value("document.title"), "Hello Phoenix!")
        for number, (tab, text) in enumerate(zip(tabs, ("hello <b>from</b> one", "and from two €"))):
            await tab.call("Page.bringToFront")
            await tab.type("username", f"user{number}")
            await tab.type("message-input", text)
            await tab.enter()
            line = f"[user{number}] {text}"
            for index, each in enumerate(tabs):
                seen = await each.until(f"document.getElementById('messages').innerText.includes({json.dumps(line)})")
                checks.true(f"tab {index} sees what tab {number} says on {engine}", seen, line)
        if setting.screenshot:
            await tabs[0].call("Page.bringToFront")
            picture = await tabs[0].call("Page.captureScreenshot", format="png")
            with open(setting.screenshot, "wb") as file:
                file.write(base64.b64decode(picture["data"]))

"""Headless Chromium on the chat page: two tabs, each of which sees what the other says."""

import json

import chromium
from halves import Target


def run(checks, setting, engine):
    with Target(setting, engine=engine) as server:
        chromium.drive(checks, setting, "the chat page in Chromium", _chat, checks, setting, server, engine)
    if chromium.program():
        checks.same(f"the target counted the tabs' joins on {engine}", server.count.get("joined"), 2)


async def _chat(browser, checks, setting, server, engine):
    tabs = [await browser.tab(server.page), await browser.tab(server.page)]
    for number, tab in enumerate(tabs):
        joined = await tab.until("document.getElementById('status') && document.getElementById('status').className == 'joined'")
        checks.true(f"tab {number} has joined on {engine}", joined)
    checks.same(f"the page's title on {engine}", await tabs[0].value("document.title"), "Hello Phoenix!")
    for number, (tab, text) in enumerate(zip(tabs, ("hello <b>from</b> one", "and from two €"))):
        await tab.call("Page.bringToFront")
        await tab.type("username", f"user{number}")
        await tab.type("message-input", text)
        await tab.press("Enter", 13, text="\r")
        line = f"[user{number}] {text}"
        for index, each in enumerate(tabs):
            seen = await each.until(f"document.getElementById('messages').innerText.includes({json.dumps(line)})")
            checks.true(f"tab {index} sees what tab {number} says on {engine}", seen, line)
    if setting.screenshot:
        await tabs[0].call("Page.bringToFront")
        await tabs[0].picture(setting.screenshot)

"""Chromium on the dashboard of a run: values move, a reload keeps the history, the button stops the run, all views agree."""

import asyncio
import json
import os
import re

import chromium
from dashboard_run import SECONDS, USERS, Run, profile
from siege import stuck


async def figure(tab, path):
    """A figure of the state that the page has; None when there is none."""
    return await tab.value(f"typeof state === 'undefined' || !state ? null : state.{path}")


async def until(tab, condition):
    return await tab.until(f"typeof state !== 'undefined' && !!state && ({condition})")


async def look(browser, checks, setting):
    await _watched(browser, checks, setting)
    await _whole(browser, checks, setting)
    checks.same("the console is silent", browser.complaints(), [])


async def _watched(browser, checks, setting):
    """A run that is watched from its beginning, reloaded, and stopped by the button."""
    with Run(setting, "watched", "--profile", profile(setting)) as run:
        tab = await browser.tab(run.url)
        checks.true("the page is open before the ramp or soon after", await until(tab, "state.stage !== 'done'"))
        checks.true("the page says that it is live", await until(tab, "document.getElementById('link').textContent === 'live'"))
        checks.true("the first users are seen", await until(tab, "state.joined > 0"))
        first = await figure(tab, "joined")
        checks.true("the number of users moves", await until(tab, f"state.joined > {first}"), str(first))
        shown = "document.getElementById('tiles').innerText"
        checks.true("the figures are on the page", await until(tab, f"{shown}.includes(state.joined.toLocaleString('en-US'))"))
        checks.true("the curve grows", await until(tab, "history.length > 4"))
        before = await tab.value("history.length")
        if setting.screenshots:
            await tab.pictures(setting.screenshots, "ramping")
            await tab.look("desktop", "light")
        await tab.call("Page.reload")
        checks.true("a reload keeps the history", await until(tab, f"history.length >= {before} && history[0][0] < 2"), str(before))
        clients = [stuck(run) for _ in range(3)]
        checks.true("all users join", await until(tab, f"state.stage === 'holding' && state.joined === {USERS}"))
        await _held(checks, tab, run)
        if setting.screenshots:
            await tab.pictures(setting.screenshots, "holding")
        await tab.look("desktop", "light")
        await _keyboard(checks, tab)
        await tab.value("document.getElementById('stop').click()")
        if setting.screenshots:
            await tab.picture(os.path.join(setting.screenshots, "asking.png"))
        await tab.value("document.getElementById('sure').click()")
        checks.true("the page is told that the run was stopped", await until(tab, "state.outcome && state.outcome.verdict === 'interrupted'"))
        checks.true("the page says that it is over", await until(tab, "document.getElementById('link').textContent === 'the run is over'"))
        checks.true("and where the record is", await tab.value(f"document.getElementById('outcome').innerText.includes({json.dumps(run.folder)})"))
        await asyncio.to_thread(run.process.wait, SECONDS)
        for client in clients:
            client.close()
    checks.same("a run that was stopped exits with 130", run.status, 130)
    await _agree(checks, tab, run)
    await chromium.legible(checks, tab, "the dashboard of a run that is over")
    if setting.screenshots:
        await tab.pictures(setting.screenshots, "interrupted")


async def _held(checks, tab, run):
    """What the page shows of connections that are held."""
    checks.true("the reference is drawn", await tab.value("document.querySelectorAll('#curve polyline').length === 3"))
    rows = "[...document.querySelectorAll('#workers tbody tr')].map(row => +row.cells[3].innerText.replace(/,/g, ''))"
    checks.same("each worker has a row", await tab.value(rows), [USERS // 3] * 3)
    loaded = "performance.getEntriesByType('resource').every(entry => entry.name.startsWith(location.origin))"
    checks.true("nothing is loaded from elsewhere", await tab.value(loaded))
    told = run.state()
    for path in ("joined", "connected", "users_started", "users_planned", "lost", "retries", "errors_total"):
        checks.same(f"page and /state agree on {path}", await figure(tab, path), told[path])
    shares = "[...document.querySelectorAll('#shares .bar i')].reduce((sum, part) => sum + parseFloat(part.style.width), 0)"
    checks.true("the shares of the CPUs make up a whole", not told["cpu"].get("idle") or abs(await tab.value(shares) - 100) < 5)
    await chromium.legible(checks, tab, "the dashboard")
    for size in chromium.SIZES:
        await tab.look(size, "light")
        width = chromium.SIZES[size][0]
        checks.true(f"nothing is wider than a {size}", await tab.value(f"document.documentElement.scrollWidth <= {width}"))


async def _keyboard(checks, tab):
    """The stop button and the chart without a pointer."""
    await tab.value("document.getElementById('stop').focus()")
    await tab.press("Enter", 13, text="\r")
    checks.true("Enter on the button asks", await until(tab, "document.getElementById('ask').open"))
    checks.true("what does no harm is chosen first", await until(tab, "document.activeElement.id === 'keep'"))
    await tab.press("Escape", 27)
    checks.true("Escape takes the question back", await until(tab, "!document.getElementById('ask').open"))
    await tab.value("document.getElementById('curve').focus()")
    await tab.press("Home", 36)
    checks.true("Home goes to the curve's beginning", await until(tab, "curve.at === curve.main[0][0]"))
    checks.true("and says what is there", await until(tab, "document.getElementById('said').textContent.startsWith('at ')"))


async def _agree(checks, tab, run):
    """The page's last figures are those of summary.json, and summary.md, junit.xml and report.html say the same."""
    summary = run.summary()
    pairs = {
        "joined": summary["joined"]["final"], "connected": summary["connected"]["final"], "users_started": summary["users"]["started"],
        "lost": summary["lost"], "retries": summary["retries"], "errors": summary["errors"], "bytes_in": summary["traffic"]["bytes_in"],
        "bytes_out": summary["traffic"]["bytes_out"], "latency_us.join": summary["latency_us"]["join"],
        "latency_us.connect": summary["latency_us"]["connect"], "outcome.verdict": summary["verdict"],
        "outcome.ceiling.cause": summary["ceiling"]["cause"], "outcome.expectations": summary["expectations"],
        "outcome.interference": {key: value for key, value in summary["interference"].items() if value is not None},
    }
    for path, value in pairs.items():
        told = await figure(tab, path)
        # A value that was not measured is null in a summary, and left out of a state.
        if path == "outcome.expectations":
            told = [{"measured": None, **each} for each in told]
        checks.same(f"page and summary agree on {path}", told, value)
    texts = {}
    for name in ("summary.md", "junit.xml", "report.html"):
        with open(os.path.join(run.folder, name), encoding="utf-8") as file:
            texts[name] = file.read()
    outcome = await tab.value("document.getElementById('outcome').innerText")
    plain = texts["summary.md"].replace("\\", "")
    for each in await figure(tab, "outcome.expectation_texts"):
        words, measured = each["wanted"], each.get("measured") or "not measured"
        subject, rest = words.split(" ", 1)
        row = f"| {subject} | {rest} | {measured} |".replace("<", "&lt;").replace(">", "&gt;")
        checks.true(f"summary.md: {words}", row in plain, row)
        checks.true(f"the dashboard: {words}", f"{words}: {measured}" in outcome, outcome)
        checks.true(f"junit.xml: {words}", words.replace("<", "&lt;").replace(">", "&gt;") in texts["junit.xml"])
        checks.true(f"report.html: {words}", re.search(rf'data-figure="{re.escape(subject)}"[^>]*>{re.escape(measured)}<', texts["report.html"]))


async def _whole(browser, checks, setting):
    """A run that is left to itself, each side on a CPU of its own where there are two."""
    mine = sorted(os.sched_getaffinity(0))
    apart = ["--set", f"placement={{ target_cpus: {mine[0]}, workers_cpus: {mine[1]} }}"] if len(mine) > 1 else []
    with Run(setting, "whole", "--profile", "smoke", "--hold", "4s", *apart) as run:
        tab = await browser.tab(run.url)
        checks.true("the plan has the network", await until(tab, "document.getElementById('plan').innerText.includes('routed')"))
        told = await tab.value("document.querySelector('#plan .map')?.innerText || ''")
        checks.same("placement is shown where it is not trivial", "target on CPU" in told, bool(apart))
        checks.true("the page sees the end", await until(tab, "state.outcome"))
        await asyncio.to_thread(run.process.wait, SECONDS)
    checks.same("smoke passes beside its dashboard", run.status, 0)
    await _agree(checks, tab, run)
    if setting.screenshots:
        await tab.pictures(setting.screenshots, "passed")

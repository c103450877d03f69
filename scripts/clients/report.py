"""Headless Chromium on a run's report.html: it opens, asks for nothing, complains of nothing, and tells what summary.json tells."""

import asyncio
import base64
import json
import math
import os
import pathlib
import subprocess

import chromium

SECTIONS = [
    "verdict", "curve", "ceiling", "ledger", "latency", "errors", "cpu", "memory", "plan", "host", "degraded", "events", "repeat",
]
# A4 between margins of 12 mm, in CSS pixels and in inches.
PAPER = (703, 1032)
MARGIN_INCHES = 12 / 25.4


def run(checks, setting, engine):
    if not chromium.program():
        return checks.skip("report.html in Chromium: there is no chromium")
    folder = setting.report_of or _smoke(checks, setting, engine)
    return chromium.drive(checks, setting, "report.html in Chromium", look, checks, setting, folder)


def _smoke(checks, setting, engine):
    folder = os.path.join(setting.work, "report-run")
    command = [setting.simbench, "run", "--profile", "smoke", "--engine", engine, "--out", folder, "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    checks.same(f"a smoke run on {engine} for its report", (done.returncode, done.stderr), (0, ""))
    return folder


async def opened(browser, checks, folder, name="report.html"):
    """A tab on a report that is there and was loaded."""
    page = pathlib.Path(folder, "report.html").resolve()
    tab = await browser.tab(page.as_uri())
    checks.true(f"{name} is loaded", await tab.until("document.readyState == 'complete' && location.protocol == 'file:'"))
    return tab


async def look(browser, checks, setting, folder):
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    tab = await opened(browser, checks, folder)
    await _content(checks, tab, summary)
    await _tooltips(checks, tab)
    for size in chromium.SIZES:
        for scheme in chromium.SCHEMES:
            await shown(checks, tab, size, scheme)
    await chromium.legible(checks, tab, "report.html")
    await printed(checks, setting, tab, "report")
    if setting.pictures:
        await tab.pictures(setting.pictures, "report")
    silent(checks, browser, folder, "report.html")


def silent(checks, browser, folder, name):
    page = pathlib.Path(folder, "report.html").resolve().as_uri()
    asked = {each["request"]["url"] for each in browser.told("Network.requestWillBeSent")}
    checks.same(f"{name}: nothing but the page itself is asked for", asked, {page})
    checks.same(f"{name}: the console is silent", browser.complaints(), [])
    browser.events.clear()


async def _content(checks, tab, summary):
    sections = await tab.value("[...document.querySelectorAll('main > section')].map(section => section.id)")
    checks.same("the sections of report.html", sections, SECTIONS)
    told = await tab.value("[...document.querySelectorAll('[data-figure]')].map(each => [each.dataset.figure, each.dataset.value, each.innerText])")
    checks.true("report.html has its figures", len(told) > 20, len(told))
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
    if summary["interference"]["idle_pct"] is not None:
        width = await tab.value("[...document.querySelectorAll('.gauge i')].reduce((sum, part) => sum + parseFloat(part.style.width), 0)")
        checks.true("the shares of the CPUs make up a whole", abs(width - 100) < 1, width)


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


# Texts of a drawing that reach out of it, or lie over each other (by more than a pixel).
_CLASHES = """
(() => {
  const found = [], apart = (a, b) => a.right < b.left + 1 || b.right < a.left + 1 || a.bottom < b.top + 2 || b.bottom < a.top + 2;
  for (const svg of document.querySelectorAll('figure svg')) {
    const box = svg.getBoundingClientRect();
    if (!box.width) continue;
    const words = [...svg.querySelectorAll('text')].map(each => [each.textContent, each.getBoundingClientRect()]);
    words.forEach(([text, place], index) => {
      if (place.left < box.left - 2 || place.right > box.right + 2) found.push(text + ' is cut off');
      for (const [other, there] of words.slice(index + 1)) if (!apart(place, there)) found.push(text + ' over ' + other);
    });
  }
  return found;
})()
"""


async def shown(checks, tab, size, scheme, name="report"):
    """Everything is there, and nothing is cut off, on a screen of that size."""
    await tab.look(size, scheme)
    width = chromium.SIZES[size][0]
    wide = await tab.value("document.documentElement.scrollWidth")
    checks.true(f"{name}: no sideways scrolling: {size}, {scheme}", wide <= width, f"{wide} of {width} pixels")
    cut = await tab.value("[...document.querySelectorAll('.expectations')].filter(each => each.scrollWidth > each.parentElement.clientWidth).length")
    checks.same(f"{name}: no expectation is cut off: {size}, {scheme}", cut, 0)
    whole = await tab.value("[...document.querySelectorAll('figure')].every(each => [...each.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 0).length == 1)")
    checks.true(f"{name}: each figure shows one drawing: {size}, {scheme}", whole)
    checks.same(f"{name}: labels of drawings are apart: {size}, {scheme}", await tab.value(_CLASHES), [])


async def printed(checks, setting, tab, name):
    """On A4: light, nothing wider than the paper, no drawing longer than a page, and a file with pages in it."""
    width, height = PAPER
    await tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    await tab.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    colours = await tab.value("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    checks.same(f"{name}: paper is white, though screens are dark", colours, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"])
    # What is drawn beyond a plot's edge is cut off there by the drawing itself.
    wide = await tab.value(
        "[...document.querySelectorAll('body *')].filter(each => !each.closest('svg *') && (each.getBoundingClientRect().right"
        f" > {width} + 1 || each.scrollWidth > Math.max(each.clientWidth, 1) + 1 && !['inline', 'none'].includes(getComputedStyle(each).display)))"
        ".map(each => each.tagName + '.' + each.className)")
    checks.same(f"{name}: nothing is wider than the paper", wide, [])
    long = await tab.value(f"[...document.querySelectorAll('figure')].filter(each => each.getBoundingClientRect().height > {height}).length")
    checks.same(f"{name}: no drawing is longer than a page", long, 0)
    checks.same(f"{name}: labels of drawings are apart on paper", await tab.value(_CLASHES), [])
    margins = {f"margin{side}": MARGIN_INCHES for side in ("Top", "Bottom", "Left", "Right")}
    told = await tab.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False, preferCSSPageSize=True, **margins)
    paper = base64.b64decode(told["data"])
    checks.true(f"{name}: it can be printed", paper.startswith(b"%PDF") and 2 <= paper.count(b"/Type /Page\n") <= 12, paper.count(b"/Type /Page\n"))
    if setting.pictures:
        os.makedirs(setting.pictures, exist_ok=True)
        with open(os.path.join(setting.pictures, f"{name}.pdf"), "wb") as file:
            file.write(paper)

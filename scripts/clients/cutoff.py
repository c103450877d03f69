"""Headless Chromium on the reports of runs that did not come to their end: they say so, and draw what there is."""

import os
import shutil
import signal
import subprocess
import time

import chromium
import report
from halves import END_SECONDS, end

USERS = 3_000
PROFILE = f"""\
name: cut-off
about: a ramp that takes long enough to be cut off
target: {{ port: 4000, path: /socket/websocket }}
workers: {{ group: worker, count: 3, users: {USERS // 3}, ports: 32768-60999 }}
load: {{ phases: [{{ duration: 120 s, rate: {USERS // 20}/s, users: {USERS} }}] }}
session: [connect, join: "rooms:lobby", think: 30000 s]
sample_period: 100 ms
expect: {{ joined.peak: "== {USERS}" }}
"""
# Samples of the ramp that a run has left when it is cut off.
ROWS = 20


def run(checks, setting, engine):
    profile = os.path.join(setting.work, "cut-off.yml")
    with open(profile, "w", encoding="utf-8") as file:
        file.write(PROFILE)
    interrupted = _cut(checks, setting, profile, engine, "interrupted", signal.SIGINT, 130)
    killed = _cut(checks, setting, profile, engine, "killed", signal.SIGKILL, -signal.SIGKILL)
    cleanup = subprocess.run([setting.simbench, "cleanup"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    checks.same("cleanup after a run that was killed", (cleanup.returncode, cleanup.stderr), (0, ""))
    checks.true("a run that was killed leaves no report", not os.path.exists(os.path.join(killed, "report.html")))
    _drawn(checks, setting, killed, "")
    torn = _torn(setting, killed, "torn", 0.6)
    _drawn(checks, setting, torn, "The last line of samples.csv was cut off")
    bare = _torn(setting, killed, "bare", 0)
    _drawn(checks, setting, bare, "samples.csv was cut off in its first line")
    return chromium.drive(checks, setting, "reports of runs that were cut off", _look, checks, setting, {
        "interrupted": (interrupted, ["interrupted", "interrupted before its end"]),
        "killed": (killed, ["cut off", "The run left no summary.json", "The highest that was sampled"]),
        "torn": (torn, ["cut off", "The last line of samples.csv was cut off and is left out."]),
        "bare": (bare, ["cut off", "samples.csv was cut off in its first line", "Nothing was sampled."]),
    })


def _cut(checks, setting, profile, engine, name, how, status):
    """A run that gets a signal halfway up its ramp."""
    folder = os.path.join(setting.work, name)
    process = subprocess.Popen(
        [setting.simbench, "run", "--profile", profile, "--engine", engine, "--out", folder, "--quiet"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(END_SECONDS * 20):
            if _rows(folder) >= ROWS or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(how)
    finally:
        ended = end(process)
    checks.same(f"how a run ends that is {name}", ended, status)
    return folder


def _rows(folder):
    try:
        with open(os.path.join(folder, "samples.csv"), encoding="ascii") as file:
            return file.read().count("\n") - 1
    except OSError:
        return 0


def _torn(setting, whole, name, share):
    """A copy of a record whose samples end in the middle of a line, as on a disk that lost its power."""
    folder = os.path.join(setting.work, name)
    shutil.copytree(whole, folder)
    path = os.path.join(folder, "samples.csv")
    with open(path, "rb") as file:
        text = file.read()
    place = int(len(text) * share)
    edge = text.index(b"\n", place) - 3 if share else 40
    with open(path, "wb") as file:
        file.write(text[:edge])
    return folder


def _drawn(checks, setting, folder, remark):
    done = subprocess.run([setting.simbench, "report", folder], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    name = os.path.basename(folder)
    checks.same(f"report of the {name} run", (done.returncode, done.stdout), (0, f"{folder}/report.html\n"))
    checks.true(f"report says what is wrong with the {name} run", remark in done.stderr and bool(remark) == bool(done.stderr), done.stderr)


async def _look(browser, checks, setting, reports):
    for name, (folder, sentences) in reports.items():
        tab = await report.opened(browser, checks, folder, name)
        verdict = await tab.value("document.querySelector('#verdict').innerText.replace(/\\s+/g, ' ')")
        for sentence in sentences:
            checks.true(f"the {name} run's report says {sentence}", sentence.lower() in verdict.lower(), verdict[:300])
        lines = await tab.value("[...document.querySelectorAll('#figure-curve svg.wide polyline.c0')].map(each => each.points.numberOfItems)")
        checks.true(f"the {name} run's curve is drawn as far as it goes", not lines if name == "bare" else lines and lines[0] >= ROWS // 2, lines)
        for size in chromium.SIZES:
            await report.shown(checks, tab, size, "light", name)
        await report.printed(checks, setting, tab, name)
        if setting.pictures:
            await tab.pictures(setting.pictures, name)
        report.silent(checks, browser, folder, name)

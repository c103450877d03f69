"""A visitor looks in on the chat page while a run lasts, although the target lives in a network of its own."""

import asyncio
import json
import os
import re
import subprocess
import urllib.request

from halves import END_SECONDS, end
from phoenix import LOBBY, OK, V2, reply

USERS = 2_000


def run(checks, setting, engine):
    folder = os.path.join(setting.work, f"door-{engine}")
    process = subprocess.Popen(
        [setting.simbench, "run", "--profile", "smoke", "--engine", engine, "--hold", "4s", "--door", "127.0.0.1:0", "--out", folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = _url(process)
        if not checks.true(f"a run says where its chat page is on {engine}", url):
            return
        with urllib.request.urlopen(url, timeout=END_SECONDS) as page:
            checks.true(f"the chat page through the door on {engine}", b"<title>Hello Phoenix!</title>" in page.read())
        heard = asyncio.run(asyncio.wait_for(_visit(url), END_SECONDS))
        checks.true(f"a visitor joins and hears itself on {engine}", heard)
        process.stdout.read()
    finally:
        status = end(process)
    checks.same(f"a run with visitors passes on {engine}", status, 0)
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    checks.same(f"visitors are counted on {engine}", summary["visitors"], 2)
    figures = (summary["joined"]["peak"], summary["verified"]["replied"], summary["errors"])
    checks.same(f"visitors do not colour the figures on {engine}", figures, (USERS, USERS, {}))


def _url(process):
    for line in process.stdout:
        match = re.match(r"chat page: (http://\S+)", line)
        if match:
            return match.group(1)
    return None


async def _visit(url):
    from websockets.asyncio.client import connect

    said = {"user": "visitor", "body": "hello"}
    async with connect(url.replace("http:", "ws:") + "socket/websocket" + V2.query) as socket:
        await socket.send(V2.write(LOBBY, "phx_join", {}, "1"))
        joined = V2.read(await socket.recv())
        await socket.send(V2.write(LOBBY, "new:msg", said, "2"))
        heard = [V2.read(await socket.recv()) for _ in range(2)]
        return joined == reply(LOBBY, "1", OK) and (LOBBY, "new:msg", said, None) in heard

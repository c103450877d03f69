"""Node's own WebSocket against the target."""

import json
import os
import shutil
import subprocess

from halves import Target


def run(checks, setting, engine):
    node = shutil.which("node")
    script = os.path.join(os.path.dirname(__file__), "two_clients.mjs")
    if not node:
        return checks.skip("Node's WebSocket: there is no node")
    # Since Node 22 it is there without the flag, and since 23 the flag may be unknown.
    has = subprocess.run([node, "-p", "typeof WebSocket"], capture_output=True, text=True, check=False).stdout.strip()
    flags = [] if has == "function" else ["--experimental-websocket"]
    with Target(setting, engine=engine) as server:
        done = subprocess.run(
            [node, "--no-warnings", *flags, script, server.socket], capture_output=True, text=True, timeout=60, check=False)
    if "bad option" in done.stderr:
        return checks.skip("Node's WebSocket: this node is older than 20.10, which brought it")
    if not checks.true(f"Node's clients on {engine}", done.returncode == 0 and done.stdout.strip(), done.stderr[-300:]):
        return None
    outcome = json.loads(done.stdout)
    checks.same(f"Node's clients hear each other on {engine}", [sorted(each) for each in outcome["heard"]], [["from 0", "from 1"]] * 2)
    checks.same(f"Node's clients close on {engine}", outcome["closed"], [1000, 1000])
    checks.same(f"the target counted Node's joins on {engine}", server.count.get("joined"), 2)

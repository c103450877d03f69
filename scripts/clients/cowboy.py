"""Our workers against a real Cowboy, whose beam files Debian's rabbitmq-server brings."""

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

from halves import Workers, end, first_line
from servers import judge

USERS = 2_000


def _library(name):
    """A library's beam files: of the installed package, or of one that was only unpacked beside this Python."""
    for root in ("/", os.path.join(sys.prefix, "debian")):
        found = sorted(glob.glob(os.path.join(root, f"usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/{name}-*/ebin")))
        if found:
            return found[-1]
    return None


def _erlang(setting, call):
    """The words that start Erlang with the lobby in it; None where there is no Cowboy."""
    libraries = [_library(name) for name in ("cowboy", "cowlib", "ranch")]
    if None in libraries or not shutil.which("erlc"):
        return None
    source = os.path.join(os.path.dirname(__file__), "lobby.erl")
    subprocess.run(["erlc", "-o", setting.work, source], check=True, env=dict(os.environ, ERL_LIBS=""))
    paths = [argument for folder in [setting.work, *libraries] for argument in ("-pa", folder)]
    return ["erl", "-noshell", "+P", "1000000", "+Q", "1000000", *paths, "-eval", call]


def command(setting):
    """A command line that serves on $PORT until it is ended; None where there is no Cowboy."""
    words = _erlang(setting, "lobby:serve().")
    return words and "exec " + shlex.join(words)


def run(checks, setting, engine):
    words = _erlang(setting, f"lobby:start([{10 * USERS}]).")
    if not words:
        return checks.skip("workers against Cowboy: there is no Erlang, or no cowboy of rabbitmq-server")
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        match = re.search(r"listening on (\d+)", first_line(process))
        if not checks.true("Cowboy is ready", match):
            return None
        url = f"ws://127.0.0.1:{match.group(1)}/socket/websocket"
        workers = Workers(setting, f"cowboy-{engine}", url, "--connections", str(USERS), "--engine", engine)
        judge(checks, f"workers on {engine} against Cowboy", workers, USERS)
    finally:
        process.stdin.close()
        end(process)
    return None

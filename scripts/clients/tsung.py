"""Debian's Tsung plays the published session against the target; both must have counted the same bytes."""

import glob
import os
import re
import shutil
import subprocess

from halves import Target

USERS = 300
RATE = 100
# The 101 of 129 bytes, and the join's reply of 93 with a header of 2.
RECEIVED_PER_USER = 129 + 95


def run(checks, setting, engine):
    tsung = shutil.which("tsung")
    if not tsung:
        return checks.skip("Tsung: it is not installed")
    with Target(setting, engine=engine) as server:
        folder = os.path.join(setting.work, f"tsung-{engine}")
        os.makedirs(folder)
        script = os.path.join(folder, "session.xml")
        with open(script, "w", encoding="utf-8") as file:
            file.write(_script(server.host, server.port))
        environment = dict(os.environ, HOME=folder)
        with open(os.path.join(folder, ".erlang.cookie"), "w", encoding="utf-8") as file:
            file.write("simbench")
        os.chmod(os.path.join(folder, ".erlang.cookie"), 0o400)
        done = subprocess.run(
            [tsung, "-f", script, "-l", folder, "-i", f"simbench{os.getpid()}{engine}", "start"], env=environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False)
    logs = glob.glob(os.path.join(folder, "*", "tsung.log"))
    if not checks.true(f"Tsung ran on {engine}", done.returncode == 0 and logs, (done.stdout + done.stderr)[-400:]):
        return None
    totals = _totals(logs[0])
    count = server.count
    checks.same(f"Tsung's users and the target's connections on {engine}", (totals.get("users_count"), count.get("accepted")), (USERS, USERS))
    checks.same(f"Tsung's WebSockets and the target's on {engine}", (totals.get("websocket_succ"), count.get("upgraded")), (USERS, USERS))
    checks.same(f"joined on {engine}", count.get("joined"), USERS)
    checks.same(f"bytes received per user on {engine}", totals.get("size_rcv"), USERS * RECEIVED_PER_USER)
    checks.same(f"bytes that the target sent on {engine}", count.get("bytes_out"), totals.get("size_rcv"))
    checks.same(f"bytes that the target received on {engine}", count.get("bytes_in"), totals.get("size_sent"))
    errors = {name: total for name, total in totals.items() if name.startswith("error")}
    checks.same(f"Tsung's errors on {engine}", errors, {})
    return None


def _totals(path):
    """The last total of each counter of a Tsung log; samples, which have more columns, by their count."""
    totals = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.split()
            if len(fields) == 4 and fields[0] == "stats:" and re.fullmatch(r"-?\d+", fields[3]):
                totals[fields[1]] = int(fields[3])
    return totals


def _script(host, port):
    dtd = next(iter(glob.glob("/usr/share/tsung/tsung-1.0.dtd")), "tsung-1.0.dtd")
    join = '{"topic":"rooms:lobby","event":"phx_join","payload":{"user":"%%ts_user_server:get_unique_id%%"},"ref":"1"}'
    return f"""<?xml version="1.0"?>
<!DOCTYPE tsung SYSTEM "{dtd}">
<tsung loglevel="notice" dumptraffic="false">
  <clients><client host="localhost" use_controller_vm="true" maxusers="1000"/></clients>
  <servers><server host="{host}" port="{port}" type="tcp"/></servers>
  <load>
    <arrivalphase phase="1" duration="60" unit="second"><users maxnumber="{USERS}" arrivalrate="{RATE}" unit="second"/></arrivalphase>
  </load>
  <options><option name="max_retries" value="0"/></options>
  <sessions>
    <session name="websocket" probability="100" type="ts_websocket">
      <request><websocket type="connect" path="/socket/websocket"/></request>
      <request subst="true"><websocket type="message">{join}</websocket></request>
      <thinktime value="4" random="false"/>
    </session>
  </sessions>
</tsung>
"""

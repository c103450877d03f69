"""What should not be there on a dashboard's port while a run lasts: the limits hold, and the run is what it would have been."""

import contextlib
import os
import socket
import threading
import time

from dashboard_run import SECONDS, USERS, Run, profile
from halves import states
from waiting import patiently

# Of the server, and of a browser's page.
CONNECTION_LIMIT = 24
STREAMS = 100
CROWD = 1_000
LORISES = 60
# What the whole siege may cost the conductor.
MEMORY_BYTES = 64 << 20
CPU_SHARE = 1.0


def connected(run):
    client = socket.create_connection((run.host, run.port), timeout=SECONDS)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    return client


def stuck(run):
    """A browser that asks for the stream and never reads it."""
    client = connected(run)
    client.sendall(f"GET /live HTTP/1.1\r\nHost: {run.host}:{run.port}\r\n\r\n".encode())
    return client


def besieged(checks, setting):
    with Run(setting, "besieged", "--profile", profile(setting)) as run:
        began, memory, cpu, nice = time.monotonic(), _memory(run), _cpu(run), _nice_cpu(run)
        _strangers(checks, run)
        for name, siege in {"never read": _deaf, "send a byte at a time": _loris, "are many": _crowd, "send giant headers": _giants}.items():
            checks.guard(f"clients that {name}", siege, checks, run)
            checks.true(f"a browser gets in after clients that {name}", _answered(run), run.said)
        used, nice = _cpu(run) - cpu, _nice_cpu(run) - nice
        share = used / (time.monotonic() - began)
        checks.true("the siege costs less than one CPU", share < CPU_SHARE, f"{share:.2f} CPUs")
        checks.true("and mostly of what the load leaves idle", nice > used / 2, f"{nice:.2f} of {used:.2f} s")
        grown = _memory(run) - memory
        checks.true("the siege costs no memory to speak of", grown < MEMORY_BYTES, f"{grown >> 20} MiB")
        held = patiently(lambda: run.state()["stage"] == "holding")
        checks.true("all users join meanwhile", held and run.state()["joined"] == USERS)
    summary = run.summary()
    checks.same("a run that was besieged and then interrupted", run.status, 130)
    told = [summary["joined"]["peak"], summary["joined"]["final"], summary["lost"], summary["retries"], summary["errors"]]
    checks.same("and what it came to", told, [USERS, USERS, 0, 0, {}])
    checks.true("its ceiling is the interruption alone", summary["ceiling"]["cause"] in ("none", "interrupted"), summary["ceiling"])


def _strangers(checks, run):
    """Other pages, other names, and other programs."""
    checks.same("a path that is none", run.get("../../etc/passwd")[0], 404)
    for name in ("evil.example", "evil.example:4080", "127.0.0.1.evil.example", "localhost.evil.example", "[::1]", "0", ""):
        status, body = run.get("", Host=name)
        checks.true(f"the page under the name {name!r}", status in (400, 421) and "data-token" not in body, status)
    checks.true("metrics end as they must", run.get("metrics")[1].endswith("# EOF\n"))
    token = run.get("")[1].split('data-token="')[1].split('"')[0]
    own, header = f"http://{run.host}:{run.port}", "X-Simbench-Token"
    for headers, status in [
        ({}, 403), ({header: "0"}, 403), ({"Origin": "http://evil.example"}, 403), ({"Origin": own}, 403),
        ({header: token, "Origin": "http://evil.example"}, 403), ({header: token, "Origin": "null"}, 403),
        ({header: token, "Origin": own.replace("http", "https")}, 403), ({header: token, "Sec-Fetch-Site": "cross-site"}, 403),
        ({header: token, "Sec-Fetch-Site": "same-site"}, 403), ({header: token, "Host": "evil.example"}, 421),
    ]:
        checks.same(f"a stranger's stop with {sorted(headers)} {headers.get('Origin', '')}", run.post("stop", **headers)[0], status)
    checks.same("a stop by GET", run.get("stop", **{header: token})[0], 405)
    checks.true("the run goes on", run.process.poll() is None and run.state()["stage"] != "done")


def _deaf(checks, run):
    """A hundred that open the stream and never read it."""
    clients = _all(stuck, run, STREAMS)
    checks.true("of clients that never read few are kept", patiently(lambda: _held(run) <= CONNECTION_LIMIT), _held(run))
    _leave(clients)


def _loris(checks, run):
    """Requests that never end, a byte at a time; who takes nothing from us for long is closed, whatever it sends."""
    clients = _all(connected, run, LORISES)
    left = {client: b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " for client in clients}
    limit = time.monotonic() + SECONDS
    while left and time.monotonic() < limit:
        for client, head in list(left.items()):
            try:
                client.sendall(head or b"a")
                left[client] = b""
            except OSError:
                del left[client]
        time.sleep(0.1)
    checks.same("requests that never end are ended", len(left), 0)
    _leave(clients)


def _crowd(checks, run):
    """A thousand connections that say nothing."""
    clients = _all(connected, run, CROWD)
    checks.true("of a thousand connections few are kept", patiently(lambda: _held(run) <= CONNECTION_LIMIT), _held(run))
    descriptors = len(os.listdir(f"/proc/{run.process.pid}/fd"))
    checks.true("and few descriptors", descriptors < 150, descriptors)
    _leave(clients)


def _giants(checks, run):
    """Headers of many megabytes, in one line and in many."""
    for name, piece in {"one header": b"a" * 65_536, "many headers": b"X-Many: of them\r\n" * 4_096}.items():
        client = connected(run)
        sent = 0
        try:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Giant: ")
            while sent < 256 << 20:
                client.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        checks.true(f"{name} without an end is cut off", sent < 16 << 20, f"{sent >> 20} MiB")
        client.close()


def _all(make, run, count):
    """So many clients at once, those that the server has cut off already left out."""
    clients = []

    def some(number):
        for _ in range(number):
            try:
                clients.append(make(run))
            except OSError:
                pass

    threads = [threading.Thread(target=some, args=(count // 10,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients


def _leave(clients):
    for client in clients:
        client.close()


def _held(run):
    """Connections that the server has and has not closed (ESTABLISHED, CLOSE_WAIT); what it has closed the kernel keeps for a while."""
    return sum(state in ("01", "08") for state in states(run.port))


def _answered(run):
    def asked():
        try:
            return run.get("state")[0] == 200
        except OSError:
            return False

    return patiently(asked)


def _memory(run):
    with open(f"/proc/{run.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) << 10


def _cpu(run):
    """Seconds that the conductor has used; its lanes are other processes."""
    return _seconds(_stat(f"/proc/{run.process.pid}"))


def _nice_cpu(run):
    """Those of them that went to threads which give way to all others, as far as they live."""
    seconds = 0
    for task in os.listdir(f"/proc/{run.process.pid}/task"):
        with contextlib.suppress(OSError):
            stat = _stat(f"/proc/{run.process.pid}/task/{task}")
            seconds += _seconds(stat) if stat[16] == "19" else 0
    return seconds


def _stat(folder):
    """What follows the name in a stat file (proc(5))."""
    with open(f"{folder}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()


def _seconds(stat):
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

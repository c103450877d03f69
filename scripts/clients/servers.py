"""Our workers against Python's `websockets` as the server: one that speaks Phoenix V1, one that only echoes."""

import asyncio
import os
import threading

from halves import Workers
from phoenix import LOBBY, OK, V1

USERS = 500


class Server:
    """A server on a thread of its own, on a free port of 127.0.0.1, while the `with` block lasts."""

    def __init__(self, handler):
        self.handler, self.ready, self.connections = handler, threading.Event(), 0

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.thread.start()
        self.ready.wait(20)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(20)

    async def _serve(self):
        from websockets.asyncio.server import serve

        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        async with serve(self._connection, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4_096) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.over.wait()

    async def _connection(self, socket):
        from websockets.exceptions import ConnectionClosed

        self.connections += 1
        try:
            async for message in socket:
                await socket.send(self.handler(message))
        except ConnectionClosed:
            pass


def phoenix(message):
    """Phoenix V1, as far as a join and a heartbeat go; it writes its answers with other blanks and another order."""
    topic, event, _, ref = V1.read(message)
    assert (topic, event) in ((LOBBY, "phx_join"), ("phoenix", "heartbeat")), message
    return V1.write(topic, "phx_reply", OK, ref)


def run(checks, setting, engine):
    with Server(phoenix) as server:
        # By its name, and with a query, as phoenix.js writes it.
        url = f"ws://localhost:{server.port}/socket/websocket?vsn=1.0.0"
        workers = Workers(setting, f"python-{engine}", url, "--connections", str(USERS), "--workers", "2", "--engine", engine)
    judge(checks, f"workers on {engine} against Python's websockets", workers, USERS)
    checks.same(f"Python's websockets counted the same on {engine}", server.connections, USERS)
    sides = [workers.figure(f"bytes_per_connection.target_{part}") for part in ("kernel", "user", "footprint")]
    sides += [workers.figure("cpu_us_per_connection.target"), workers.figure("droplet"), workers.figure("visitors")]
    checks.same(f"nothing is told of somebody else's side on {engine}", sides, [None] * len(sides))


def echoed(checks, setting, engine):
    """A session that is sent back what it says."""
    session = os.path.join(setting.work, "send.yml")
    with open(session, "w", encoding="utf-8") as file:
        file.write("session: [ connect, { send: { text: 'hello %%user%%' } }, { send: { binary: 'again' } }, close ]\n")
    with Server(lambda message: message) as server:
        url = f"ws://127.0.0.1:{server.port}/"
        workers = Workers(setting, f"echo-{engine}", url, "--connections", str(USERS), "--session", session, "--engine", engine)
    checks.same(f"workers on {engine} against an echo", workers.status, 0) or print(workers.output[-600:])
    checks.same(f"errors against an echo on {engine}", workers.figure("errors"), {})
    checks.same(f"connections at the echo on {engine}", server.connections, USERS)


def judge(checks, who, workers, users):
    checks.same(who, workers.status, 0) or print(workers.output[-600:])
    checks.same(f"{who}: joined", workers.figure("joined.peak"), users)
    checks.same(f"{who}: verified", (workers.figure("verified.replied"), workers.figure("verified.missing")), (users, 0))
    checks.same(f"{who}: errors", workers.figure("errors"), {})

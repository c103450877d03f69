"""Python's `websockets` and `aiohttp` against the target: what each is answered, to the byte where it is known."""

import asyncio

from halves import Target
from phoenix import LOBBY, OK, V1, V2, reply

SECONDS = 20
# 93 bytes in this order of keys, as the published run's server wrote them.
JOIN_REPLY = '{"topic":"rooms:lobby","ref":"1","payload":{"status":"ok","response":{}},"event":"phx_reply"}'


def run(checks, setting, engine):
    with Target(setting, engine=engine) as server:
        asyncio.run(_within(_messages(checks, server, engine)))
        asyncio.run(_within(_aiohttp(checks, server, engine)))
    checks.same(f"the target on {engine} ended well", server.status, 0)
    checks.same(f"all connections were closed on {engine}", server.count.get("open_now"), 0)
    checks.same(f"whoever was accepted was closed on {engine}", server.count.get("closed"), server.count.get("accepted"))
    with Target(setting, "--frame-limit", "4MiB", "--message-limit", "4MiB", engine=engine) as server:
        asyncio.run(_within(_echo(checks, server, engine)))
    with Target(
        setting, "--idle-timeout", "1s", "--handshake-timeout", "1s", "--origin", "example.org", "--frame-limit", "1KiB",
        "--message-limit", "2KiB", engine=engine) as server:
        asyncio.run(_within(_rules(checks, server, engine)))


async def _within(work):
    await asyncio.wait_for(work, 3 * SECONDS)


async def _receive(socket):
    return await asyncio.wait_for(socket.recv(), SECONDS)


async def _messages(checks, server, engine):
    from websockets.asyncio.client import connect

    async with connect(server.socket, compression=None) as socket:
        await socket.send(V1.write(LOBBY, "phx_join", {"user": 1}, "1"))
        checks.same(f"V1: the join's reply on {engine}", await _receive(socket), JOIN_REPLY)
        await socket.send(V1.write("phoenix", "heartbeat", {}, "2").encode())
        checks.same(f"V1: a heartbeat in a binary frame on {engine}", V1.read(await _receive(socket)), reply("phoenix", "2", OK))
        checks.true(f"a ping is answered on {engine}", await asyncio.wait_for(await socket.ping(b"simbench"), SECONDS) is not None)
        await socket.close(4001, "done")
        checks.same(f"the close code comes back on {engine}", (socket.protocol.close_rcvd.code, socket.close_code), (4001, 4001))
    for version in (V1, V2):
        await _room(checks, server, engine, version)
    await _between(checks, server, engine)
    async with connect(server.socket, compression=None) as socket:
        await socket.send("{")
        await asyncio.wait_for(socket.wait_closed(), SECONDS)
        checks.same(f"V1: what is no JSON closes on {engine}", socket.close_code, 1011)


async def _room(checks, server, engine, version):
    """A channel's life: join, what is refused, leave."""
    from websockets.asyncio.client import connect

    name = f"{version.__name__} on {engine}"
    async with connect(server.socket + version.query, compression=None) as socket:

        async def ask(topic, event, ref, payload=None):
            await socket.send(version.write(topic, event, payload or {}, ref))
            return version.read(await _receive(socket))

        checks.same(f"heartbeat before the join, {name}", await ask("phoenix", "heartbeat", "5"), reply("phoenix", "5", OK))
        topic, event, payload, ref = await ask("rooms:other", "phx_join", "6")
        checks.same(f"another room is refused, {name}", (event, payload["status"], payload["response"]["reason"], ref), ("phx_reply", "error", "unauthorized", "6"))
        topic, event, payload, ref = await ask("nowhere", "phx_join", "7")
        checks.same(f"another topic is refused, {name}", (payload["status"], payload["response"]["reason"]), ("error", "unmatched topic"))
        checks.same(f"the join, {name}", await ask(LOBBY, "phx_join", "1"), reply(LOBBY, "1", OK))
        checks.same(f"the leave, {name}", await ask(LOBBY, "phx_leave", "9"), reply(LOBBY, "9", OK))
        topic, event, payload, _ = version.read(await _receive(socket))
        checks.same(f"after the leave, {name}", (topic, event, payload), (LOBBY, "phx_close", {}))
        checks.same(f"joining again, {name}", await ask(LOBBY, "phx_join", "1"), reply(LOBBY, "1", OK))
        topic, event, payload, _ = await ask(LOBBY, "no_such_event", "11")
        checks.same(f"an unknown event ends the channel, {name}", (topic, event, payload), (LOBBY, "phx_error", {}))


async def _between(checks, server, engine):
    """What one says, both hear, whatever version they speak."""
    from websockets.asyncio.client import connect

    said = {"user": "ä\"1", "body": "2 \\ 3 <b>"}
    async with connect(server.socket, compression=None) as one, connect(server.socket + V2.query, compression=None) as two:
        for socket, version in ((one, V1), (two, V2)):
            await socket.send(version.write(LOBBY, "phx_join", {}, "1"))
            await _receive(socket)
        for socket, version, other, its in ((one, V1, two, V2), (two, V2, one, V1)):
            await socket.send(version.write(LOBBY, "new:msg", said, "3"))
            heard = [version.read(await _receive(socket)) for _ in range(2)]
            name = f"{version.__name__} to {its.__name__} on {engine}"
            checks.true(f"the sender hears itself, {name}", (LOBBY, "new:msg", said, None) in heard, heard)
            checks.true(f"the sender is answered, {name}", reply(LOBBY, "3", {"status": "ok", "response": {"msg": said["body"]}}) in heard, heard)
            checks.same(f"the other hears it, {name}", its.read(await _receive(other)), (LOBBY, "new:msg", said, None))


async def _aiohttp(checks, server, engine):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.get(server.page) as answer:
            text = await answer.text()
            checks.same(f"the chat page on {engine}", (answer.status, "<title>Hello Phoenix!</title>" in text), (200, True))
        async with session.get(server.page + "nowhere") as answer:
            checks.same(f"a page that is not there on {engine}", answer.status, 404)
        for version in (V1, V2):
            async with session.ws_connect(server.socket + version.query) as socket:
                await socket.send_str(version.write(LOBBY, "phx_join", {}, "1"))
                joined = version.read((await socket.receive(SECONDS)).data)
                checks.same(f"aiohttp joins, {version.__name__} on {engine}", joined, reply(LOBBY, "1", OK))
                await socket.send_str(version.write("phoenix", "heartbeat", {}, "2"))
                beat = version.read((await socket.receive(SECONDS)).data)
                checks.same(f"aiohttp's heartbeat, {version.__name__} on {engine}", beat, reply("phoenix", "2", OK))
                await socket.close()
                checks.same(f"aiohttp closes, {version.__name__} on {engine}", socket.close_code, 1000)


async def _echo(checks, server, engine):
    from websockets.asyncio.client import connect

    async with connect(server.echo, compression=None, max_size=None) as socket:
        for size in (0, 1, 125, 126, 4_096, 65_535, 65_536, 1 << 20):
            message = bytes(index * 31 % 251 for index in range(size))
            await socket.send(message)
            checks.true(f"{size} bytes come back on {engine}", await _receive(socket) == message)
        parts = ["ein ", "zwei ", "€ ", "", "drei" * 10_000]
        await socket.send(parts)
        checks.true(f"fragments come back as one message on {engine}", await _receive(socket) == "".join(parts))
        for number in range(200):
            await socket.send(str(number))
        answers = [await _receive(socket) for _ in range(200)]
        checks.true(f"what is sent ahead comes back in order on {engine}", answers == [str(number) for number in range(200)])


async def _rules(checks, server, engine):
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus

    for origin, wanted in ((None, 101), ("http://example.org", 101), ("https://evil.example", 403), ("http://example.org.evil.example", 403)):
        try:
            async with connect(server.socket, origin=origin) as socket:
                status = 101
        except InvalidStatus as refusal:
            status = refusal.response.status_code
        checks.same(f"the origin {origin} on {engine}", status, wanted)
    async with connect(server.socket, compression=None) as socket:
        await asyncio.wait_for(socket.wait_closed(), SECONDS)
        checks.same(f"an idle connection is closed on {engine}", socket.close_code, 1000)
    for name, message in (("frame", bytes(1_025)), ("message", [bytes(1_000)] * 3)):
        async with connect(server.echo, compression=None) as socket:
            await socket.send(message)
            await asyncio.wait_for(socket.wait_closed(), SECONDS)
            checks.same(f"a {name} beyond the limit on {engine}", socket.close_code, 1009)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET /socket/websocket HTTP/1.1\r\n")
    try:
        await asyncio.wait_for(reader.read(), SECONDS)
        ended = True
    except ConnectionError:
        ended = True
    except TimeoutError:
        ended = False
    checks.true(f"half a handshake is not waited for on {engine}", ended)
    writer.close()

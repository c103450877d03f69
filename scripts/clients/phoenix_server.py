"""Phoenix V1 on Python's `websockets`, as far as a join and a heartbeat go, on $PORT until it is ended."""

import asyncio
import os

from servers import phoenix
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def connection(socket):
    try:
        async for message in socket:
            await socket.send(phoenix(message))
    except ConnectionClosed:
        pass


async def main():
    port = int(os.environ["PORT"])
    async with serve(connection, "0.0.0.0", port, compression=None, ping_interval=None, backlog=4_096):
        print(f"listening on {port}", flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())

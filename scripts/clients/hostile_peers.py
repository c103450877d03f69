"""A socket in hostile hands, and the bytes that go over it."""

import contextlib
import socket
import struct
import threading
import time

# However slow the machine is, what must come comes within it.
PATIENCE_SECONDS = 60


def head(path, version="HTTP/1.1"):
    return (
        f"GET {path} {version}\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()


HANDSHAKE = head("/socket/websocket")


def payload(count):
    return bytes(index % 251 for index in range(count))


def frame(opcode, data, final=True):
    """A client's frame, masked with zeros."""
    first = opcode | (0x80 if final else 0)
    if len(data) < 126:
        return struct.pack("!BB4x", first, 0x80 | len(data)) + data
    return struct.pack("!BBH4x", first, 0x80 | 126, len(data)) + data


def code(data):
    """The code of the close frame that is the last of a server's short frames; None without one."""
    found = None
    while len(data) >= 2:
        opcode, count = data[0] & 15, data[1]
        found = int.from_bytes(data[2:4], "big") if opcode == 8 and count >= 2 else None
        data = data[2 + count:]
    return found


class Peer:
    def __init__(self, server, path=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((server.host, server.port))
        # Its connection was ended by the other side.
        self.is_over = False
        if path:
            self.send(head(path))
            top = self.head()
            if not top.startswith(b"HTTP/1.1 101 "):
                raise RuntimeError(f"the handshake was answered with {top!r}")

    def send(self, data):
        """Sends it all, unless the other side has had enough before."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            self.is_over = True

    def send_some(self, data):
        """Sends what the kernel takes without waiting; how many bytes that is."""
        try:
            return self.socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError:
            self.is_over = True
            return 0

    @contextlib.contextmanager
    def sending(self, pieces):
        """Sends them beside what is done in the `with` block."""
        thread = threading.Thread(target=lambda: [self.send(piece) for piece in pieces], daemon=True)
        thread.start()
        yield
        thread.join(PATIENCE_SECONDS)

    def floods(self, data):
        """Sends for as long as it is let; whether the other side ended it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.is_over and time.monotonic() < until:
            self.send(data)
        self.close()
        return self.is_over

    def take(self, count):
        """So many bytes, or fewer when the other side ends."""
        data = bytearray()
        while len(data) < count and (piece := self._receive(min(1 << 16, count - len(data)))):
            data += piece
        return bytes(data)

    def head(self):
        """An HTTP answer's, to its empty line."""
        data = b""
        while not data.endswith(b"\r\n\r\n") and (piece := self._receive(1)):
            data += piece
        return data

    def rest(self):
        """All that comes until the other side ends; then this side ends, too."""
        data = bytearray()
        while piece := self._receive(1 << 16):
            data += piece
        self.close()
        return bytes(data)

    def status(self):
        """Of the HTTP answer that is all there is; 0 without one."""
        answer = self.rest()
        return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") and answer.endswith(b"\r\n\r\n") else 0

    def _receive(self, count):
        try:
            return self.socket.recv(count)
        except ConnectionError:
            return b""

    def finish(self):
        """Says its last, and listens on."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.socket.close()

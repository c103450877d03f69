"""What goes on beside an attack: a neighbour, bytes that trickle, and a look at the target's memory."""

import contextlib
import threading

from hostile_peers import PATIENCE_SECONDS, Peer, frame

BEAT_SECONDS = 0.01
TRICKLE_SECONDS = 0.05


class Beside:
    """A thread that does one thing again and again while the `with` block lasts."""

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(PATIENCE_SECONDS)


class Neighbour(Beside):
    """A client as it should be, in the lobby. `replies` counts its heartbeats; `trouble` says why there are no more."""

    def __init__(self, server):
        self.peer, self.replies, self.trouble = Peer(server, "/socket/websocket"), 0, ""

    def _work(self):
        try:
            self._ask("rooms:lobby", "phx_join", 1)
            while not self.over.is_set():
                self._ask("phoenix", "heartbeat", self.replies + 2)
                self.replies += 1
                self.over.wait(BEAT_SECONDS)
        except Exception as error:  # noqa: BLE001
            self.trouble = f"after {self.replies} replies: {error!r}"
        self.peer.close()

    def _ask(self, topic, event, ref):
        text = f'{{"topic":"{topic}","event":"{event}","payload":{{}},"ref":"{ref}"}}'
        self.peer.send(frame(1, text.encode()))
        wanted = f'{{"topic":"{topic}","ref":"{ref}","payload":{{"status":"ok","response":{{}}}},"event":"phx_reply"}}'.encode()
        answer = self.peer.take(2 + len(wanted))
        if answer[2:] != wanted:
            raise RuntimeError(f"{event} was answered with {answer!r}")


class Trickle(Beside):
    """Feeds peers piece by piece, each no more than the kernel takes, until they are over or there are no more pieces."""

    def __init__(self):
        self.fed = []

    def feed(self, peer, pieces):
        self.fed.append([peer, iter(pieces), b""])

    def _work(self):
        while not self.over.wait(TRICKLE_SECONDS):
            for turn in list(self.fed):
                peer, pieces, left = turn
                left = left or next(pieces, b"")
                turn[2] = left[peer.send_some(left):] if left else b""
                if peer.is_over or not left:
                    self.fed.remove(turn)


class Memory:
    """Bytes of its own that the target holds."""

    def __init__(self, server):
        self.folder = f"/proc/{server.process.pid}"

    def begin(self):
        """From now on peaks are counted anew; what is held now."""
        # Where the kernel does not count anew, a peak is that of all attacks so far.
        with contextlib.suppress(OSError), open(f"{self.folder}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        return self._status("VmRSS")

    def peak(self):
        return self._status("VmHWM")

    def _status(self, name):
        with open(f"{self.folder}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith(name + ":"))

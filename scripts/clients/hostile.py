"""Peers that mean no good, on real sockets against a real target.

An attack is a generator: it does its worst, yields the causes that the target has to count for it, and looks at what came
of it. Those that a timeout ends are all begun first and looked at last. Beside them lives a neighbour that asks for a
heartbeat again and again, and is answered all through.
"""

import collections
import itertools
import resource
import struct

from halves import Target, connections
from hostile_peers import HANDSHAKE, Peer, code, frame, head, payload
from hostile_watch import Memory, Neighbour, Trickle
from waiting import patiently

PEERS = 32
# More than the blocks of a lane, of which each half of a handshake keeps one.
CROWD = 8_500
RESETS = 500
# Descriptors for everybody else.
RESERVE = 500
MESSAGE_LIMIT = 64 << 10
FLAGS = ("--lanes", "1", "--handshake-timeout", "2s", "--message-timeout", "2s", "--idle-timeout", "10s")

# A lane's 8,192 blocks of 1 KiB, and buffers for the long messages of some peers: 64 KiB, doubled as they grow.
RESIDENT_BYTES = 24 << 20


def run(checks, setting, engine):
    with Target(setting, *FLAGS, engine=engine) as server, Neighbour(server) as neighbour, Trickle() as trickle:
        field = Field(checks, server, engine, neighbour, trickle)
        field.wait_for_neighbour("alone")
        begun = [field.begin(attack) for attack in (silence, trickled_handshakes, trickled_messages, unread_answers, endless_heads)]
        for attack in (no_http, half_closed, resets, giant_frames, giant_messages, million_pings):
            field.end(*field.begin(attack))
        for attack in begun[:0:-1]:
            field.end(*attack)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if most in (-1, resource.RLIM_INFINITY) or most > CROWD + RESERVE:
            field.end(*field.begin(crowd))
        else:
            checks.skip(f"a crowd on {engine}: a process may hold only {most} descriptors (ulimit -Hn)")
        field.end(*begun[0])
        checks.true(f"only the neighbour is left on {engine}", patiently(lambda: connections(server.port) == 1))
        checks.true(f"the neighbour was answered all through on {engine}", not neighbour.trouble, neighbour.trouble)
    checks.same(f"the target on {engine} ended well", server.status, 0)
    count = server.count
    checks.same(f"nobody is left on {engine}", (count.get("open_now"), count.get("closed")), (0, count.get("accepted")))
    checks.same(f"what hostile peers did is counted on {engine}", count.get("refused_by_cause"), dict(field.causes))
    checks.same(f"heartbeats on {engine}", count.get("heartbeats_answered"), neighbour.replies)


class Field:
    """Where attacks take place: what they may use, and what is checked of each."""

    def __init__(self, checks, server, engine, neighbour, trickle):
        self.checks, self.server, self.engine, self.neighbour, self.trickle = checks, server, engine, neighbour, trickle
        self.memory = Memory(server)
        self.causes = collections.Counter()

    def peers(self, count=PEERS, path=None, **options):
        return [Peer(self.server, path, **options) for _ in range(count)]

    def begin(self, attack):
        """Begins an attack; with what it has to be ended."""
        name = attack.__name__.replace("_", " ")
        before = self.memory.begin()
        course = attack(self)
        causes = next(course)
        self.wait_for_neighbour(name)
        return name, course, causes, before

    def end(self, name, course, causes, before):
        for _ in course:
            pass
        self.causes.update(causes)
        self.wait_for_neighbour(name)
        grown = self.memory.peak() - before
        self.true(f"{name}: the target's memory is bounded", grown <= RESIDENT_BYTES, f"it grew by {grown:,} bytes")

    def wait_for_neighbour(self, name):
        replies = self.neighbour.replies
        # Two more: one of them was asked for after this.
        heard = patiently(lambda: self.neighbour.replies >= replies + 2 or self.neighbour.trouble)
        self.true(f"{name}: the neighbour is answered", heard and not self.neighbour.trouble, self.neighbour.trouble)

    def true(self, what, holds, detail=""):
        self.checks.true(f"{what} on {self.engine}", holds, detail)

    def answered(self, what, peers, status):
        """Each peer is answered with the status, and closed."""
        self.checks.same(f"{what} on {self.engine}", collections.Counter(peer.status() for peer in peers), {status: len(peers)})

    def closed(self, what, peers, wanted):
        """Each peer is closed with the code."""
        codes = collections.Counter(code(peer.rest()) for peer in peers)
        self.checks.same(f"{what} on {self.engine}", codes, {wanted: len(peers)})


# MARK: before the WebSocket


def trickled_handshakes(field):
    slow, silent = field.peers(), field.peers()
    for peer in slow:
        field.trickle.feed(peer, (HANDSHAKE[place:place + 1] for place in range(len(HANDSHAKE))))
    yield {"handshake": 2 * PEERS, "handshake_timeout": 2 * PEERS}
    field.answered("a handshake that trickles", slow, 408)
    field.answered("a peer that says nothing", silent, 408)


def endless_heads(field):
    """Refused at once; they go on all the same, until the target has had enough."""
    beginnings = {b"GET /": b"a" * 8_192, b"GET / HTTP/1.1\r\n": b"X-Line: aaaaaaaa\r\n" * 512, b"GET / HTTP/1.1\r\nX-Long: ": b"a" * 8_192}
    peers = []
    for beginning, more in beginnings.items():
        for peer in field.peers(PEERS // 4):
            peer.send(beginning + more)
            peers.append((peer, more))
    heads = collections.Counter(peer.head()[9:12] for peer, _ in peers)
    field.checks.same(f"a head without an end on {field.engine}", heads, {b"400": len(peers)})
    yield {"handshake": len(peers)}
    field.true("a peer that goes on is left alone in the end", all([peer.floods(more) for peer, more in peers]))


def no_http(field):
    greetings = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), b"SSH-2.0-OpenSSH_9.2\r\n", bytes(64), b"\xff" * 2_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", HANDSHAKE[:-4] + b"\n\n", head("/", "HTTP/1.0"),
    ]
    peers = []
    for greeting in greetings:
        for peer in field.peers(4):
            peer.send(greeting)
            peers.append(peer)
    yield {"handshake": len(peers)}
    field.answered("what is no HTTP", peers, 400)


def half_closed(field):
    def group(path, said, answer=0):
        """Each says its last at once, long before its time for a handshake is over."""
        peers = field.peers(path=path)
        for peer in peers:
            peer.send(said)
            peer.take(answer)
            peer.finish()
        return peers

    before, during = group(None, b""), group(None, HANDSHAKE[:80])
    pages, after = group(None, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), group("/echo", b"")
    joined = group("/socket/websocket", frame(1, b'{"topic":"rooms:lobby","event":"phx_join","payload":{},"ref":"1"}'), answer=95)
    yield {}
    for name, peers in (("before", before), ("during", during), ("after", after), ("long after", joined)):
        ends = [peer.rest() for peer in peers]
        field.checks.same(f"half-closed {name} the handshake on {field.engine}", ends, [b""] * PEERS)
    bodies = [peer.rest().partition(b"\r\n\r\n") for peer in pages]
    whole = all(f"content-length: {len(body)}".encode() in top and b"Hello Phoenix!" in body for top, _, body in bodies)
    field.true("a page is whole although its reader has said its last", whole)


def resets(field):
    for number in range(RESETS):
        peer = Peer(field.server)
        peer.send(HANDSHAKE[:number % 2 * 80])
        peer.reset()
    for number, peer in enumerate(field.peers(path="/echo")):
        peer.send(frame(2, bytes(500))[:number * 9])
        peer.reset()
    yield {}


def crowd(field):
    """Half a handshake each, of more peers than there are blocks: who has begun nothing finds room all the same."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peers = []
    for _ in range(CROWD):
        peers += field.peers(1)
        peers[-1].send(HANDSHAKE[:20])
    causes = collections.Counter()
    yield causes
    statuses = collections.Counter(peer.status() for peer in peers)
    field.true("a crowd is answered with 408 or 503", set(statuses) <= {408, 503}, statuses)
    # Whether the first have had their time before the last have come is for the machine to say.
    causes.update({"handshake": statuses[408], "handshake_timeout": statuses[408], "no_room": statuses[503]})
    causes += collections.Counter()


# MARK: after it


def silence(field):
    peers = field.peers(path="/socket/websocket")
    yield {"idle_timeout": PEERS}
    field.closed("a client that says nothing", peers, 1000)


def trickled_messages(field):
    message = frame(1, bytes(120))
    ping, more = frame(9, b"!"), frame(0, b"", final=False)
    slow, busy, pings = field.peers(path="/echo"), field.peers(path="/echo"), field.peers(path="/echo")
    for peer in slow:
        field.trickle.feed(peer, (message[place:place + 1] for place in range(len(message))))
    for peer in busy:
        field.trickle.feed(peer, itertools.chain([frame(1, b"", final=False)], itertools.cycle([ping, more])))
    for peer in pings:
        field.trickle.feed(peer, (ping[:-1][place:place + 1] for place in range(len(ping) - 1)))
    yield {"message_timeout": 3 * PEERS}
    field.closed("a message that trickles", slow, 1008)
    field.closed("a message of endless fragments with pings between them", busy, 1008)
    field.closed("half a ping", pings, 1008)


def giant_frames(field):
    """2^62 bytes are announced, and some of them sent; 2^63 are against the protocol."""
    causes = {}
    for announced, wanted, cause in ((1 << 62, 1009, "too_big_1009"), (1 << 63, 1002, "protocol_1002")):
        for opcode in (1, 2):
            peers = field.peers(path="/echo")
            for peer in peers:
                peer.send(struct.pack("!BBQ4x", 0x80 | opcode, 0xFF, announced) + bytes(1 << 16))
            field.closed(f"a frame of {announced} bytes", peers, wanted)
        causes[cause] = 2 * PEERS
    yield causes


def giant_messages(field):
    """In fragments that are small enough each."""
    peers = field.peers(path="/echo")
    for peer in peers:
        peer.send(frame(2, bytes(1_024), final=False) + frame(0, bytes(1_024), final=False) * (MESSAGE_LIMIT // 1_024))
    yield {"too_big_1009": PEERS}
    field.closed("fragments beyond the limit", peers, 1009)


def million_pings(field):
    """Each has a number, and each is answered in its turn."""
    pings = b"".join(frame(9, struct.pack("!H", number)) for number in range(1 << 16))
    pongs = b"".join(struct.pack("!BBH", 0x8A, 2, number) for number in range(1 << 16))
    (peer,) = field.peers(1, path="/socket/websocket")
    rounds = 16
    with peer.sending(pings for _ in range(rounds)):
        heard = sum(peer.take(len(pongs)) == pongs for _ in range(rounds))
    field.checks.same(f"rounds of 65,536 pings that were answered on {field.engine}", heard, rounds)
    peer.close()
    yield {}


def unread_answers(field):
    """Pings and messages whose answers are never read: nothing is read of who does not read."""
    pings = field.peers(8, path="/socket/websocket", receive_bytes=4_096)
    messages = field.peers(8, path="/echo", receive_bytes=4_096)
    for peer in pings:
        field.trickle.feed(peer, itertools.repeat(frame(9, payload(125)) * 1_000))
    for peer in messages:
        field.trickle.feed(peer, itertools.repeat(frame(2, payload(60_000)) * 2))
    yield {"message_timeout": len(pings + messages)}
    field.true("who does not read is let go", patiently(lambda: all(peer.is_over for peer in pings + messages)))
    for peer in pings + messages:
        peer.close()

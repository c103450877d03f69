/// A connection's first message: an HTTP request that asks for a Phoenix socket, for the echo, or for the chat page.
extension TargetLane where Engine: ~Copyable {
    /// Where every message comes back as it is: for conformance suites and for measuring.
    static var echoPath: StaticString { "/echo" }
    static var pagePath: StaticString { "/" }

    /// How many of the bytes were used; 0 when more must come, or the connection is refused.
    mutating func readUpgrade(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        // A browser's cookies can make a head longer than a block.
        if peers[index].has(Peer.Flag.assembling) { return readLongUpgrade(slot, bytes) }
        let parsed = memo.parse(bytes)
        if case .needMore = parsed {
            guard bytes.count == Blocks.bytes else { return 0 }
            guard pipe.assemblies.begin(slot, .continuation) else {
                starve(slot)
                return 0
            }
            peers[index].flags |= Peer.Flag.assembling
            return readLongUpgrade(slot, bytes)
        }
        return answer(slot, parsed, bytes)
    }

    private mutating func readLongUpgrade(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let before = pipe.assemblies[slot].count
        let room = HTTPHead.limitBytes - before
        guard pipe.assemblies.append(slot, UnsafeRawBufferPointer(rebasing: bytes.prefix(room))) == nil else {
            starve(slot)
            return 0
        }
        let whole = pipe.assemblies.bytes(slot)
        let parsed = memo.parse(whole)
        if case .needMore = parsed { return min(room, bytes.count) }
        let used = answer(slot, parsed, whole)
        guard peers[Int(slot)].state != ServedState.free else { return 0 }
        pipe.endAssembly(slot, &peers[Int(slot)])
        return max(0, used - before)
    }

    private mutating func answer(_ slot: UInt32, _ parsed: UpgradeParse, _ bytes: UnsafeRawBufferPointer) -> Int {
        switch parsed {
        case .needMore: return 0
        case .accepted(let head): return upgrade(slot, head, bytes)
        case .plain(let head):
            guard let page = settings.page, head.path.bytes(in: bytes).equals(Self.pagePath) else { return refuse(slot, .notFound) }
            board.add(.pagesServed)
            peers[Int(slot)].flags |= Peer.Flag.closing
            pipe.transmit(
                slot, &peers[Int(slot)], from: page.bytes.baseAddress.unsafelyUnwrapped, count: page.bytes.count,
                block: Pipe<Engine>.lastingBlock)
            return 0
        case .rejected(let status): return refuse(slot, status)
        }
    }

    private mutating func upgrade(_ slot: UInt32, _ head: UpgradeHead, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        let path = head.path.bytes(in: bytes)
        let state: UInt8
        // A profile whose own path is the echo's means the echo.
        if path.equals(Self.echoPath) {
            state = ServedState.echo
        } else if path.equals(settings.path.bytes) {
            if let origins = settings.origins, !origins.admits(head, in: bytes) { return refuse(slot, .forbidden) }
            switch head.vsn {
            case .absent, .v1: state = ServedState.phoenixV1
            case .v2: state = ServedState.phoenixV2
            case .other: return refuse(slot, .forbidden)
            }
        } else {
            return refuse(slot, .notFound)
        }
        guard let message = pipe.compose() else {
            starve(slot)
            return 0
        }
        let key = bytes.baseAddress.unsafelyUnwrapped + Int(head.key.start)
        let count = UpgradeResponse.writeAccepted(key: key, to: message.bytes)
        peers[index].state = state
        peers[index].flags &= ~Peer.Flag.stale
        patience.handshakes &-= 1
        patience.noteMessage(slot)
        board.add(.upgraded)
        pipe.transmit(slot, &peers[index], block: message.block, count: count)
        return head.headBytes
    }

    /// Answers a handshake with an HTTP status and closes.
    mutating func refuse(_ slot: UInt32, _ status: HTTPStatus) -> Int {
        board.add(.refused)
        board.add(status == .serviceUnavailable ? .refusedNoRoom : .refusedHandshake)
        guard let message = pipe.compose() else {
            starve(slot)
            return 0
        }
        peers[Int(slot)].flags |= Peer.Flag.closing
        pipe.transmit(
            slot, &peers[Int(slot)], block: message.block, count: UpgradeResponse.writeRefused(status, to: message.bytes))
        return 0
    }
}

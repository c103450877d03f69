import Profiles

/// The plan's addresses, checked. Pure.
struct Addresses: Equatable {
    struct Worker: Equatable {
        var own: IPv4Address
        /// The target's end of the worker's /30.
        var gateway: IPv4Address
    }
    var target: IPv4Address
    var workers: [Worker]
    /// In the target's network, and nobody's; nil: no plan of this run asks for one.
    var unanswered: IPv4Address?

    /// All machines of a bridge or an overlay are in it.
    static let subnet = IPv4Address(value: 0xC612_0000)
    static let subnetPrefix: UInt8 = 15

    /// The hosts that the machines of an overlay run on: the same places in 172.18.0.0/15.
    var underlay: Addresses {
        func moved(_ address: IPv4Address) -> IPv4Address {
            IPv4Address(value: 0xAC12_0000 | address.value & 0x1_FFFF)
        }
        return Addresses(
            target: moved(target), workers: workers.map { Worker(own: moved($0.own), gateway: moved($0.gateway)) })
    }

    private init(target: IPv4Address, workers: [Worker]) {
        self.target = target
        self.workers = workers
    }

    init(_ plan: Plan) throws {
        func parse(_ text: String, _ whose: String) throws -> IPv4Address {
            guard let address = IPv4Address(text) else {
                throw LabError(.broken, "\(whose) address \"\(text)\" is no dotted IPv4 address.")
            }
            guard plan.network == .loopback ? address.isLoopback : Addresses.mayBeOurs(address) else {
                throw LabError(.broken, "\(whose) address \(address) is not one of the lab's own: it must lie in "
                    + (plan.network == .loopback ? "127.0.0.0/8." : "198.18.0.0/15 or a private range."))
            }
            return address
        }
        target = try parse(plan.target.address, "The target's")
        workers = try plan.workers.map {
            let own = try parse($0.address, "Worker \($0.index)'s")
            if plan.network != .loopback, own.value & 3 != 2 {
                throw LabError(.broken, "Worker \($0.index)'s address \(own) is not the second host of its /30.")
            }
            if [.bridge, .overlay].contains(plan.network), !own.isWithin(Addresses.subnet, prefix: Addresses.subnetPrefix) {
                throw LabError(.broken, "Worker \($0.index)'s address \(own) is not in the one subnet of the "
                    + "\(plan.network.rawValue) network, \(Addresses.subnet)/\(Addresses.subnetPrefix).")
            }
            return Worker(own: own, gateway: IPv4Address(value: own.value &- 1))
        }
        unanswered = try plan.unansweredAddress.map { try parse($0, "The silent") }
        try checkApart(plan)
    }

    /// The kernel takes the same address on two links, and answers then go to the wrong worker.
    private func checkApart(_ plan: Plan) throws {
        let shift = plan.network == .loopback ? UInt32(0) : 2
        var taken = [target.value >> shift: "the target"]
        for (worker, address) in zip(plan.workers, workers) {
            if let other = taken.updateValue("worker \(worker.index)", forKey: address.own.value >> shift) {
                let what = shift == 0 ? "address" : "/30"
                throw LabError(.broken, "Worker \(worker.index) and \(other) share one \(what), at \(address.own).")
            }
        }
    }

    /// RFC 2544's benchmark range, or a private one a profile chose: never an address of someone else's.
    private static func mayBeOurs(_ address: IPv4Address) -> Bool {
        let value = address.value
        return value >> 17 == 0xC612 >> 1 || value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8
    }
}

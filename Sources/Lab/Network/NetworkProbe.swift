import Profiles

/// Whether this kernel has the links of a network model, found out by making one of each in a namespace that ends at once.
public enum NetworkProbe {
    /// nil when it has, or when no namespace can be made, which is another matter; otherwise a sentence. Costs a few
    /// milliseconds, and loads the kernel's modules for such links where they are modules.
    public static func unavailableBecause(_ model: Plan.NetworkModel) -> String? {
        guard model == .bridge || model == .overlay else { return nil }
        guard let namespace = try? NetworkNamespace(owner: "a trial's", parent: nil) else { return nil }
        defer { namespace.close() }
        do {
            let links = try Links(namespace: namespace.descriptor)
            defer { links.close() }
            try links.createBridge("br0")
            guard model == .overlay else { return nil }
            let tunnel = VXLANTunnel(
                identifier: OverlayWiring.identifier, local: IPv4Address(value: 0x7F00_0001), port: OverlayWiring.port)
            try links.createVXLAN("vx0", tunnel, mtu: OverlayWiring.mtuBytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The models that this kernel lacks the links of, by name, with the reason.
    static func unavailable(_ models: [Plan.NetworkModel]) -> [String: String]? {
        let reasons = models.compactMap { model in unavailableBecause(model).map { (model.rawValue, $0) } }
        return reasons.isEmpty ? nil : Dictionary(uniqueKeysWithValues: reasons)
    }
}

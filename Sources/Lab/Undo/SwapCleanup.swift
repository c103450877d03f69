import CLab
import Glibc
import Profiles

extension SwapDevice {
    /// Undoes a `SwapJournalEntry`, also of a run that died. Takes a swap area off only when its file or loop device
    /// bears the entry's own name: numbers of loop devices are used again. Returns what is left, in sentences; empty
    /// when nothing is, or nothing was made.
    public static func cleanUp(
        path: String, loopDevice: String?, file: String?, waitMilliseconds: Int32 = 60_000
    ) -> [String] {
        if let loopDevice {
            guard let name = file?.split(separator: "/").last.map(String.init) else {
                return ["The journal does not say whose \(loopDevice) is: see `swapon --show` and `losetup --list`."]
            }
            guard simbench_loop_is(loopDevice, name) == 1 else { return unlinked(file) }
            if let sentence = switchOff(path, waitMilliseconds) { return [sentence] }
            if let sentence = detach(loopDevice, name) { return [sentence] }
        } else if let sentence = switchOff(path, waitMilliseconds) {
            return [sentence]
        }
        return unlinked(file)
    }

    /// nil when the area is off, or never was on.
    private static func switchOff(_ path: String, _ waitMilliseconds: Int32) -> String? {
        guard SwapAreas.current()[path] != nil else { return nil }
        var code = simbench_swap_off(path, waitMilliseconds)
        if code == 0 { return nil }
        // Someone else is taking it off: a crashed run's server, for one.
        if code == -EINVAL { code = hasGone(path, within: waitMilliseconds) ? 0 : -ETIMEDOUT }
        guard code != 0, let area = SwapAreas.current()[path] else { return nil }
        let held = "\(UnitText.bytes(area.usedBytes)) are in use"
        return switch -code {
        case ETIMEDOUT:
            "The swap area \(path) could not be taken off within \(UnitText.seconds(Double(waitMilliseconds) / 1000)); "
                + "\(held). End the processes that use it and run `simbench cleanup`."
        case ENOMEM:
            "The swap area \(path) cannot be taken off: \(held), for which there is no memory. End processes and run "
                + "`simbench cleanup`."
        default:
            "The swap area \(path) could not be taken off (\(errnoText(-code))); \(held). Run `simbench cleanup`."
        }
    }

    private static func hasGone(_ path: String, within milliseconds: Int32) -> Bool {
        for _ in 0...max(milliseconds, 0) / 10 {
            if SwapAreas.current()[path] == nil { return true }
            usleep(10_000)
        }
        return false
    }

    /// The kernel detaches a loop device when its last user leaves; udev may look into it for a moment longer.
    private static func detach(_ loopDevice: String, _ name: String) -> String? {
        for attempt in 0..<500 {
            if simbench_loop_is(loopDevice, name) == 0 { return nil }
            if attempt == 100 { _ = simbench_loop_detach(loopDevice) }
            usleep(10_000)
        }
        return "\(loopDevice) is still attached to the swap's file: someone has it open. See `fuser -v \(loopDevice)`."
    }

    private static func unlinked(_ file: String?) -> [String] {
        guard let file, unlink(file) != 0, errno != ENOENT else { return [] }
        return ["The swap's file \(file) could not be removed: \(errnoText(errno))."]
    }
}

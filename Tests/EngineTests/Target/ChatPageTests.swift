import Testing

@testable import Engine

@Suite struct ChatPageTests {
    private func answer(_ path: String = "/socket/websocket") -> (head: String, body: String) {
        let whole = text(ChatPage.response(socketPath: path))
        guard let end = whole.firstRange(of: "\r\n\r\n") else { return (whole, "") }
        return (String(whole[..<end.upperBound]), String(whole[end.upperBound...]))
    }

    @Test func theHeadIsThatOfAPage() {
        let (head, body) = answer()
        #expect(head == "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: \(body.utf8.count)\r\n"
            + "cache-control: no-store\r\nconnection: close\r\n\r\n")
        #expect(head.utf8.count + 20 <= UpgradeResponse.pageHeadMaximumBytes + String(body.utf8.count).count)
    }

    @Test func thePageHoldsWhatItPromises() {
        let body = answer().body
        #expect(body.hasPrefix("<!DOCTYPE html>") && body.hasSuffix("</html>\n"))
        #expect(body.contains("<title>Hello Phoenix!</title>"))
        for id in ["messages", "username", "message-input", "status"] { #expect(body.contains("id=\"\(id)\""), "\(id)") }
        #expect(body.contains(#"<main data-socket="/socket/websocket">"#))
        #expect(!body.contains("innerHTML"))
        // It loads nothing: no address but the WebSocket's schemes.
        for load in ["http://", "https://", "src=", "@import", "url("] { #expect(!body.contains(load), "\(load)") }
    }

    @Test func anyPathIsSafeInItsAttribute() {
        #expect(answer(#"/a?b&c"<d"#).body.contains(#"data-socket="/a?b&amp;c&quot;&lt;d">"#))
    }
}

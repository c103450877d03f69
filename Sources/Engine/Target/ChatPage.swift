/// The chat page of the original's Phoenix example, as one HTML text that loads nothing: a GET of "/" answers with it.
///
/// Its script speaks V2 (PhoenixV2) to the host it came from. Elements by id: messages, username, message-input, status.
enum ChatPage {
    /// The whole HTTP answer, head and page. `socketPath` is the path of the WebSocket on this server, "/socket/websocket"
    /// for Phoenix; it is made safe for the attribute it goes into. It allocates: call it once, at start.
    static func response(socketPath: String) -> [UInt8] {
        var body: [UInt8] = []
        append(beforePath, to: &body)
        for byte in socketPath.utf8 {
            switch byte {
            case 0x26: append("&amp;", to: &body)
            case 0x22: append("&quot;", to: &body)
            case 0x3C: append("&lt;", to: &body)
            default: body.append(byte)
            }
        }
        append(afterPath, to: &body)
        let head = [UInt8](unsafeUninitializedCapacity: UpgradeResponse.pageHeadMaximumBytes) { room, count in
            guard let start = room.baseAddress else { return }
            count = UpgradeResponse.writePageHead(bodyBytes: body.count, to: UnsafeMutableRawPointer(start))
        }
        return head + body
    }

    private static func append(_ text: StaticString, to body: inout [UInt8]) {
        body.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static var beforePath: StaticString {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>Hello Phoenix!</title>
        <style>
        :root { --ground: #f6f4f2; --card: #fff; --ink: #24201e; --quiet: #6b625d; --line: #d9d2cc; --accent: #c2410c; --on-accent: #fff; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #171413; --card: #221e1c; --ink: #ece6e2; --quiet: #a89d96; --line: #3d3632; --accent: #fb923c; --on-accent: #1c1109; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; height: 100vh; height: 100dvh; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        main { display: flex; flex-direction: column; gap: .75rem; max-width: 46rem; height: 100%; margin: 0 auto; padding: 1rem; }
        header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1rem; }
        h1 { margin: 0; font-size: 1.4rem; }
        #status, #count { color: var(--quiet); font-size: .9rem; }
        #status::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .45em; border-radius: 50%; background: var(--line); }
        #status.joined::before { background: #16a34a; }
        #status.trouble::before { background: var(--accent); }
        #messages { flex: 1; min-height: 6rem; overflow-y: auto; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow-wrap: anywhere; white-space: pre-wrap; }
        form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
        .field { display: flex; flex-direction: column; gap: .15rem; flex: 1 1 8rem; font-size: .85rem; color: var(--quiet); }
        .wide { flex: 3 1 14rem; }
        input, button { font: inherit; font-size: 1rem; padding: .5rem .7rem; border-radius: .5rem; border: 1px solid var(--line); min-width: 0; width: 100%; }
        input { background: var(--card); color: var(--ink); }
        button { flex: 0 0 auto; width: auto; background: var(--accent); border-color: var(--accent); color: var(--on-accent); cursor: pointer; }
        button:disabled { opacity: .5; cursor: default; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        </style>
        </head>
        <body>
        <main data-socket="
        """
    }

    private static var afterPath: StaticString {
        """
        ">
        <header>
        <h1>Hello Phoenix!</h1>
        <span id="status" role="status" aria-live="polite">connecting…</span>
        <span id="count">no messages</span>
        </header>
        <div id="messages" role="log" aria-live="polite" aria-label="Messages" tabindex="0"></div>
        <form id="form" autocomplete="off">
        <label class="field" for="username">User name<input id="username" maxlength="40" placeholder="anonymous"></label>
        <label class="field wide" for="message-input">Message<input id="message-input" maxlength="2000" enterkeyhint="send" autofocus></label>
        <button id="send" disabled>Send</button>
        </form>
        <noscript>This page needs JavaScript to open its WebSocket.</noscript>
        </main>
        <script>
        "use strict";
        const topic = "rooms:lobby", heartbeatMs = 30000, joinMs = 10000, linesKept = 500;
        const waitsMs = [500, 1000, 2000, 5000, 10000];
        const by = id => document.getElementById(id);
        const messages = by("messages"), user = by("username"), input = by("message-input");
        let socket, ref = 0, joinRef, beat, pulse, joining, again, tries = 0, received = 0, left = false;

        function say(words, look) {
          by("status").textContent = words;
          by("status").className = look || "";
          by("send").disabled = look !== "joined";
        }

        function send(event, payload, to) {
          const own = String(++ref);
          if (event === "phx_join") joinRef = own;
          socket.send(JSON.stringify([to ? null : joinRef, own, to || topic, event, payload]));
          return own;
        }

        function connect() {
          say(tries ? "reconnecting…" : "connecting…");
          const scheme = location.protocol === "https:" ? "wss://" : "ws://";
          const path = document.querySelector("main").dataset.socket;
          const mine = socket = new WebSocket(scheme + location.host + path + "?vsn=2.0.0");
          mine.onopen = () => {
            beat = null;
            pulse = setInterval(heartbeat, heartbeatMs);
            join();
          };
          mine.onmessage = event => { if (mine === socket && typeof event.data === "string") receive(JSON.parse(event.data)); };
          mine.onclose = () => { if (mine === socket) lost(); };
        }

        // The connection is gone, or given up: its last words no longer count.
        function lost() {
          stop();
          const wait = waitsMs[Math.min(tries++, waitsMs.length - 1)];
          say("not connected; trying again in " + wait / 1000 + " s", "trouble");
          again = setTimeout(connect, wait);
        }

        function stop() {
          const old = socket;
          socket = joinRef = null;
          clearInterval(pulse);
          clearTimeout(joining);
          clearTimeout(again);
          if (old) old.close();
        }

        function heartbeat() {
          // The one before was never answered: the connection is dead, whatever the socket says.
          if (beat) return lost();
          beat = send("heartbeat", {}, "phoenix");
        }

        function join() {
          say("joining…");
          send("phx_join", {});
          joining = setTimeout(lost, joinMs);
        }

        function joinAgain(words) {
          joinRef = null;
          clearTimeout(joining);
          clearTimeout(again);
          const wait = waitsMs[Math.min(tries++, waitsMs.length - 1)];
          say(words + "; joining again in " + wait / 1000 + " s", "trouble");
          again = setTimeout(join, wait);
        }

        function receive([itsJoinRef, itsRef, itsTopic, event, payload]) {
          if (event === "phx_reply" && itsTopic === "phoenix" && itsRef === beat) { beat = null; return; }
          // What an earlier join of the room still says is over.
          if (itsTopic !== topic || (itsJoinRef !== null && itsJoinRef !== joinRef)) return;
          if (event === "new:msg") return show(payload);
          if (event === "phx_error") return joinAgain("the room failed");
          if (event === "phx_close") return joinAgain("the room was closed");
          if (event !== "phx_reply" || itsRef !== joinRef) return;
          clearTimeout(joining);
          if (payload.status !== "ok") return joinAgain("could not join: " + payload.response.reason);
          tries = 0;
          say("joined", "joined");
        }

        function show(payload) {
          const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40;
          const { user, body } = Object(payload);
          const line = document.createElement("div");
          line.textContent = "[" + (user || "anonymous") + "] " + (body ?? "");
          messages.append(line);
          while (messages.childElementCount > linesKept) messages.firstChild.remove();
          if (atEnd) messages.scrollTop = messages.scrollHeight;
          received += 1;
          by("count").textContent = received === 1 ? "1 message" : received + " messages";
        }

        by("form").addEventListener("submit", event => {
          event.preventDefault();
          if (!input.value || by("send").disabled) return;
          send("new:msg", { user: user.value || "anonymous", body: input.value });
          input.value = "";
          input.focus();
        });
        // A page that is kept for the back button must not hold a connection, and opens a new one when it is shown again.
        addEventListener("pagehide", () => { left = true; stop(); });
        addEventListener("pageshow", () => { if (left) { left = false; connect(); } });
        connect();
        </script>
        </body>
        </html>

        """
    }
}

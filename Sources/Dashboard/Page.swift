/// The dashboard's page: one HTML text that loads nothing. Its script asks /live for the run and draws what it is told.
enum Page {
    /// - Parameter token: what the page's stop button proves itself with; letters, digits and dashes.
    static func html(token: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>simbench</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        <main data-token="\(token)" data-header="\(Requests.tokenHeader)">
        \(content)
        </main>
        <script>
        "use strict";
        \(words)
        \(chart)
        \(panels)
        \(live)
        </script>
        </body>
        </html>

        """
    }

    private static let content = #"""
        <header>
        <div class="who">
        <h1 id="title">simbench</h1>
        <p id="about" class="quiet"></p>
        </div>
        <div class="act">
        <span id="link" role="status" aria-live="polite">connecting…</span>
        <button id="stop" type="button" disabled>Stop the run…</button>
        </div>
        </header>
        <ol id="stages" aria-label="Stages of the run"></ol>
        <p id="event" class="quiet"></p>
        <p id="said" class="unseen" role="status" aria-live="polite"></p>
        <section id="outcome" class="card" hidden aria-label="What the run came to"></section>
        <section id="tiles" aria-label="Figures at the moment"></section>
        <section class="card">
        <h2>Connections over model time</h2>
        <div class="legend" id="curve-legend"></div>
        <div class="chart tall" id="curve" tabindex="0" role="img" aria-label="Connections over model time"></div>
        </section>
        <div class="pair">
        <section class="card">
        <h2>Joins a second</h2>
        <div class="legend" id="rate-legend"></div>
        <div class="chart" id="rate" tabindex="0" role="img" aria-label="Joins a second over model time"></div>
        </section>
        <section class="card">
        <h2>CPUs in use <span id="cpu-count" class="quiet"></span></h2>
        <div class="legend" id="cpu-legend"></div>
        <div class="chart" id="cpu" tabindex="0" role="img" aria-label="CPUs in use over model time"></div>
        </section>
        </div>
        <section class="card">
        <h2>Where CPU and memory go</h2>
        <div id="shares"></div>
        <div id="memory"></div>
        </section>
        <div class="pair">
        <section class="card">
        <h2>Latency</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Latency"><table id="latency"></table></div>
        </section>
        <section class="card">
        <h2>Errors by cause</h2>
        <div id="errors"></div>
        </section>
        </div>
        <section class="card">
        <h2>Workers <span id="worker-count" class="quiet"></span></h2>
        <div class="scroll short" tabindex="0" role="region" aria-label="Workers"><table id="workers"></table></div>
        </section>
        <section class="card">
        <h2>The plan</h2>
        <div id="plan"></div>
        <details><summary>Every number of it</summary><pre id="plan-text" tabindex="0"></pre></details>
        </section>
        <dialog id="ask" aria-labelledby="ask-title">
        <h2 id="ask-title">Stop the run?</h2>
        <p>It ends as with Ctrl-C: the connections are closed, the lab is removed, and the record is written up to here.</p>
        <p id="ask-trouble" role="alert"></p>
        <div class="act"><button id="keep" type="button" autofocus>Let it run</button><button id="sure" type="button" class="strong">Stop it</button></div>
        </dialog>
        <noscript>This page needs JavaScript to be told how the run goes.</noscript>
        """#
}

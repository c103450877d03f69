/// The page's script, last part: the stream of states, the charts' lines, and the stop button.
extension Page {
    static let live = #"""
        const main = document.querySelector("main"), pointLimit = 4000, silenceMs = 15000;
        let plan = null, state = null, columns = [], history = [], source = null, heardAt = 0, isOver = false, isDue = false, said = "";

        const column = name => columns.indexOf(name);
        const points = name => {
          const index = column(name);
          return history.filter(row => known(row[index])).map(row => [row[0], row[index]]);
        };

        const curve = new Chart("curve", {
          label: short, say: count,
          series: () => plan ? [
            ...(plan.reference.length ? [{ name: "published run", color: "reference", width: 7, behind: true, points: plan.reference }] : []),
            { name: "users", color: "users", width: 1.5, dash: "dashed", points: points("users") },
            { name: "connected", color: "connected", width: 2.5, main: true, fill: true, points: points("connected") },
          ] : [],
          marks: () => {
            if (!plan || !state) return [];
            const marks = [], reference = state.outcome && state.outcome.reference_knee;
            if (plan.memory_knee_connections) marks.push({ y: plan.memory_knee_connections, text: "memory full (planned)" });
            if (reference) marks.push({ x: reference.model_seconds, row: 1, text: `published knee: ${short(reference.connected)} at ${time(reference.model_seconds)}` });
            if (state.knee) marks.push({ x: state.knee.model_seconds, text: `knee: ${short(state.knee.connected)} at ${time(state.knee.model_seconds)}` });
            return marks;
          },
        });
        const rate = new Chart("rate", {
          label: short, say: value => count(value) + "/s",
          series: () => [{ name: "joins", color: "connected", main: true, fill: true, points: points("joins_per_second") }],
        });
        const cpu = new Chart("cpu", {
          label: value => trim(value, 2), say: value => trim(value, 2), top: 1,
          series: () => [
            { name: "target", color: "target", main: true, points: points("cpu_target") },
            { name: "workers", color: "workers", dash: "dashed", points: points("cpu_workers") },
            { name: "softirq", color: "softirq", dash: "dotted", points: points("cpu_softirq") },
          ],
        });
        for (const chart of [curve, rate, cpu]) chart.box.dataset.name = chart.box.getAttribute("aria-label");

        function draw() {
          isDue = false;
          if (!plan || !state) return;
          const share = state.users_planned ? Math.floor(100 * state.joined / state.users_planned) : 0;
          document.title = (state.outcome ? state.outcome.verdict : state.stage === "ramping" ? share + " %" : state.stage) + " · " + plan.profile;
          write(by("title"), plan.profile + " on " + plan.engine);
          write(by("about"), plan.about);
          write(by("cpu-count"), `of ${state.cpu.host}`);
          drawStages(state); drawTiles(state); drawShares(state); drawMemory(state); drawLatency(state); drawErrors(state); drawWorkers(state); drawPlan(plan, state); drawOutcome(state, plan);
          for (const chart of [curve, rate, cpu]) chart.draw();
          const sentence = state.outcome ? `The run is over: ${state.outcome.verdict}.` : sentences[state.stage];
          if (sentence !== said) write(by("said"), said = sentence);
          by("stop").disabled = isOver || !!state.outcome || by("stop").dataset.pressed === "yes";
          by("stop").hidden = !!state.outcome;
        }
        function due() { if (!isDue) { isDue = true; requestAnimationFrame(draw); } }

        // A hidden page draws nothing, but goes on taking in what it is told.
        function take(now) {
          state = now;
          if (!known(now.model_seconds) || !["ramping", "holding", "sweeping"].includes(now.stage)) return;
          history.push([now.model_seconds, now.users, now.connected, now.joined, now.joins_per_second, now.errors_total, now.memory.charged_bytes, now.memory.swap_bytes,
            now.memory.pressure_percent, now.cpu.target, now.cpu.workers, now.cpu.softirq]);
          if (history.length > pointLimit) history = history.filter((row, index) => index % 2 === 0 || index === history.length - 1);
        }

        function link(words, look) { write(by("link"), words); by("link").className = look || ""; }

        function connect() {
          if (source) source.close();
          heardAt = Date.now();
          source = new EventSource("/live");
          const heard = () => { heardAt = Date.now(); link("live", "live"); };
          source.addEventListener("start", event => {
            const whole = JSON.parse(event.data);
            if (main.dataset.run !== String(whole.run)) { main.dataset.run = whole.run; delete by("stop").dataset.pressed; write(by("stop"), "Stop the run…"); }
            plan = whole.plan; columns = whole.history.columns; history = whole.history.points; state = whole.state;
            heard(); due();
          });
          source.addEventListener("tick", event => { take(JSON.parse(event.data)); heard(); due(); });
          source.addEventListener("end", () => { isOver = true; source.close(); link("the run is over"); due(); });
          source.onerror = () => {
            link("connection lost; trying again", "trouble");
            if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
          };
        }
        // A connection can be dead without an error: a sleeping laptop's, say.
        setInterval(() => { if (!isOver && Date.now() - heardAt > silenceMs) { link("connection lost; trying again", "trouble"); connect(); } }, 5000);

        by("stop").addEventListener("click", () => { write(by("ask-trouble"), ""); by("ask").showModal(); });
        by("keep").addEventListener("click", () => by("ask").close());
        by("sure").addEventListener("click", async () => {
          try {
            const answer = await fetch("/stop", { method: "POST", headers: { [main.dataset.header]: main.dataset.token } });
            if (!answer.ok) throw new Error(await answer.text());
            by("stop").dataset.pressed = "yes";
            by("stop").disabled = true;
            write(by("stop"), "Stopping…");
            by("ask").close();
          } catch (error) { write(by("ask-trouble"), "It could not be told to stop: " + error.message); }
        });
        connect();
        """#
}

/// The page's script, third part: everything beside the charts. Each function draws one panel from the state.
extension Page {
    static let panels = #"""
        const stages = [["building", "building"], ["ramping", "ramping"], ["holding", "holding"], ["sweeping", "verifying"], ["tearing down", "tearing down"], ["done", "done"]];
        const sentences = {
          building: "The lab is being built.", ramping: "The ramp is under way.", holding: "The connections are held.",
          sweeping: "Every connection is asked for a heartbeat.", "tearing down": "Everything is being removed.", done: "The run is over."
        };

        function drawStages(state) {
          const now = stages.findIndex(stage => stage[0] === state.stage);
          // A run that is broken off does not come to all of them.
          const outcome = state.outcome, isShort = outcome && ["interrupted", "broken"].includes(outcome.verdict);
          const skipped = { holding: isShort && state.users_started < state.users_planned, sweeping: outcome && !known(state.verified) };
          put(by("stages"), stages.map(([stage, word], index) =>
            `<li class="${skipped[stage] ? "" : index < now ? "past" : index === now ? "present" : ""}"${index === now ? " aria-current=\"step\"" : ""}>${word}</li>`).join(""));
          write(by("event"), state.stage === "done" ? "" : state.event || sentences[state.stage]);
        }

        function drawTiles(state) {
          const tile = (value, name, more) => `<div class="tile ${more && more.bad ? "bad" : ""}"><b>${value}</b><span>${name}</span>${more && known(more.share) ? `<div class="meter"><i style="width:${(100 * Math.min(1, more.share)).toFixed(1)}%"></i></div>` : ""}</div>`;
          const planned = state.users_planned;
          const clock = state.stage === "done" ? "the run took" : known(state.seconds_left) ? `elapsed, ${time(state.seconds_left)} left` : "elapsed";
          const tiles = [
            tile(count(state.joined), "joined", { share: state.joined / planned }),
            tile(count(state.connected), "connected", { share: state.connected / planned }),
            tile(count(state.users_started), `of ${count(planned)} users`, { share: state.users_started / planned }),
            ...(state.outcome ? [] : [tile(count(state.joins_per_second) + "/s", "joins")]),
            tile(count(state.errors_total), "errors", { bad: state.errors_total > 0 }),
            tile(count(state.lost), "lost", { bad: state.lost > 0 }),
            tile(time(state.elapsed_seconds), clock),
          ];
          if (known(state.verified)) tiles.push(tile(count(state.verified), `of ${count(state.joined)} verified`, { share: state.verified / Math.max(1, state.joined) }));
          if (known(state.sockets_left)) tiles.push(tile(count(state.sockets_left), "sockets left"));
          put(by("tiles"), tiles.join(""));
        }

        // A bar of parts, each { name, color, value }, filling towards a whole.
        function bar(title, right, parts, whole, say = bytes) {
          const filled = parts.filter(part => part.value > 0);
          const said = filled.map(part => `${part.name} ${say(part.value)}`).join(", ") || "nothing yet";
          return `<div class="row"><span>${title}</span><span>${right}</span></div>`
            + `<div class="bar" role="img" aria-label="${safe(title + ": " + said)}">${filled.map(part =>
              `<i style="width:${Math.min(100, 100 * part.value / whole).toFixed(2)}%;background:var(--${part.color})" title="${safe(part.name)} ${say(part.value)}"></i>`).join("")}</div>`
            + (parts.length < 2 ? "" : `<div class="legend">${parts.map(part => `<span><i class="box ${part.color === "idle" ? "hollow" : ""}" style="background:var(--${part.color})"></i>${safe(part.name)} <b>${say(part.value)}</b></span>`).join("")}</div>`);
        }

        function drawMemory(state) {
          const memory = state.memory, total = memory.host_total_bytes;
          const target = [
            { name: "kernel", color: "kernel", value: memory.target_kernel_bytes },
            { name: "the server's own", color: "own", value: memory.target_user_bytes },
            { name: "modelled footprint", color: "footprint", value: memory.target_footprint_bytes },
          ].filter(part => part.value > 0 || (known(part.value) && part.color !== "footprint"));
          const held = target.reduce((sum, part) => sum + part.value, 0);
          let html = "";
          if (known(memory.limit_bytes)) {
            const charged = known(memory.charged_bytes) ? memory.charged_bytes : held;
            html += bar("Memory of the target's droplet", `${bytes(charged)} of ${bytes(memory.limit_bytes)} (${trim(100 * charged / memory.limit_bytes, 1)} %)`, target, memory.limit_bytes);
            if (known(memory.swap_bytes)) {
              const limit = memory.swap_limit_bytes;
              html += bar("Its swap", known(limit) ? (limit ? `${bytes(memory.swap_bytes)} of ${bytes(limit)}` : "none") : `${bytes(memory.swap_bytes)}, as much as the host has`,
                [{ name: "swapped out", color: "swap", value: memory.swap_bytes }], limit || total);
            }
          } else if (held) html += bar("Memory of the target", bytes(held), target, held);
          const workers = memory.workers_bytes || 0, used = memory.host_used_bytes;
          html += bar("Memory of the host", `${bytes(used)} of ${bytes(total)}`, [{ name: "target", color: "target", value: held }, { name: "workers' processes", color: "workers", value: workers },
            { name: known(memory.target_kernel_bytes) ? "everything else, the workers' sockets too" : "everything else", color: "rest", value: known(used) ? Math.max(0, used - held - workers) : 0 }], total);
          const facts = [];
          if (known(memory.pressure_percent)) facts.push(`Memory pressure ${trim(memory.pressure_percent, 1)} % of the last second`);
          if (known(memory.limit_hits)) facts.push(`the droplet's limit was met ${count(memory.limit_hits)} times`);
          put(by("memory"), html + (facts.length ? `<p class="small quiet" style="margin-top:.6rem">${facts.join("; ")}.</p>` : ""));
        }

        // Who uses the CPUs, percent of all of them: at the moment, and in the end over the ramp.
        function drawShares(state) {
          const told = state.outcome && state.outcome.interference, cpu = state.cpu, share = value => known(value) ? 100 * value / cpu.host : value;
          const now = told ? { target: told.target_pct, workers: told.workers_pct, softirq: told.softirq_pct, others: told.others_pct, idle: told.idle_pct }
            : { target: share(cpu.target), workers: share(cpu.workers), softirq: share(cpu.softirq), idle: share(cpu.idle) };
          if (!known(now.idle) || !known(now.workers)) return put(by("shares"), "");
          const target = now.target || 0, softirq = now.softirq || 0, busy = Math.max(0, 100 - now.idle);
          // Where the kernel has softirq in the processes' time as well it is no part of its own: the same rule as the summary's.
          const apart = target + now.workers + softirq - busy > softirq / 2 ? 0 : softirq;
          const others = known(now.others) ? now.others : Math.max(0, busy - target - now.workers - apart);
          const parts = [{ name: "target", color: "target", value: target }, { name: "workers", color: "workers", value: now.workers }, { name: "softirq", color: "softirq", value: apart },
            { name: "others", color: "others", value: others }, { name: "idle", color: "idle", value: Math.max(0, now.idle) }];
          const title = told ? "CPUs, over the ramp" : "CPUs, now";
          put(by("shares"), bar(title, `${trim(busy * cpu.host / 100, 2)} of ${cpu.host} busy`, parts, 100, value => trim(value, value < 10 ? 1 : 0) + " %")
            + (told ? `<p class="small ${told.generator_bound ? "warn" : "quiet"}">${safe(state.outcome.interference_sentence || "")}</p>` : ""));
        }

        function drawLatency(state) {
          const rows = ["connect", "join", "heartbeat", "reply", "broadcast"].map(name => [name, state.latency_us[name]])
            .filter(([name, row]) => row || name === "connect" || name === "join");
          put(by("latency"), "<thead><tr><th></th><th scope=col>p50</th><th scope=col>p90</th><th scope=col>p99</th><th scope=col>p99.9</th><th scope=col>max</th><th scope=col class=wide>count</th></tr></thead><tbody>"
            + rows.map(([name, row]) => `<tr><th scope=row>${name}</th>` + ["p50", "p90", "p99", "p999", "max"].map(key => `<td>${micros(row && row[key])}</td>`).join("")
              + `<td class="wide">${count(row && row.count)}</td></tr>`).join("") + "</tbody>");
        }

        function drawErrors(state) {
          const causes = Object.entries(state.errors).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
          if (!causes.length) return put(by("errors"), `<p class="quiet">${state.outcome ? "None." : "None so far."}</p>`);
          const most = causes[0][1];
          put(by("errors"), causes.map(([cause, number]) =>
            `<div class="row"><span>${safe(cause.replace(/_/g, " "))}</span><span>${count(number)}</span></div><div class="meter"><i style="width:${(100 * number / most).toFixed(1)}%;background:var(--bad)"></i></div>`).join(""));
        }

        // A page of thousands of rows helps nobody: the rest is summed.
        const rowsShown = 200;
        function drawWorkers(state) {
          const workers = state.workers, rows = workers.slice(0, rowsShown);
          if (workers.length > rowsShown) {
            const rest = { index: `${rowsShown + 1}…${workers.length}`, group: "the others", planned: 0, started: 0, connected: 0, joined: 0, errors: 0 };
            for (const worker of workers.slice(rowsShown)) for (const key of ["planned", "started", "connected", "joined", "errors"]) rest[key] += worker[key];
            rows.push(rest);
          }
          write(by("worker-count"), workers.length ? `(${workers.length})` : "");
          put(by("workers"), "<thead><tr><th scope=col>worker</th><th scope=col>users</th><th scope=col>connected</th><th scope=col>joined</th><th scope=col>errors</th></tr></thead><tbody>"
            + rows.map(row => `<tr><th scope=row>${safe(row.group)} ${typeof row.index === "number" ? row.index + 1 : row.index}</th><td>${count(row.started)}<span class="wide"> of ${count(row.planned)}</span></td>`
              + `<td>${count(row.connected)}</td><td>${count(row.joined)}</td><td class="${row.errors ? "bad" : ""}">${count(row.errors)}</td></tr>`).join("") + "</tbody>");
        }

        function drawPlan(plan, state) {
          const facts = [["profile", plan.profile], ["engine", plan.engine], ["users", count(plan.users)], ["workers", count(plan.workers)], ["network", plan.network], ["fit", plan.fit],
            ["simbench", plan.version], ["clock", plan.speedup === 1 ? "real time" : `${trim(plan.speedup, 2)} × real time`], ["record", plan.directory]];
          const list = (title, lines) => lines.length ? `<h3>${title}</h3><ul>${lines.map(line => `<li>${safe(line)}</li>`).join("")}</ul>` : "";
          const map = plan.placement ? `<h3>Placement: ${safe(plan.placement.mode)}</h3><div class="scroll"><table class="map"><thead><tr>${plan.placement.rows[0].map(cell => `<th scope="col">${safe(cell)}</th>`).join("")}</tr></thead><tbody>`
            + plan.placement.rows.slice(1).map(row => `<tr>${row.map((cell, index) => index ? `<td>${safe(cell)}</td>` : `<th scope="row">${safe(cell)}</th>`).join("")}</tr>`).join("") + `</tbody></table></div><p class="small quiet">${safe(plan.placement.note || "")}</p>` : "";
          put(by("plan"), `<dl>${facts.map(([name, value]) => `<div class="${name === "record" ? "long" : ""}"><dt>${name}</dt><dd>${safe(value)}</dd></div>`).join("")}</dl>` + map
            + list("Expected", state.outcome ? [] : plan.expectations) + list("Given up on this host", plan.degraded));
          write(by("plan-text"), plan.text);
        }

        function drawOutcome(state, plan) {
          const outcome = state.outcome, box = by("outcome");
          box.hidden = !outcome;
          if (!outcome) return;
          box.className = "card " + outcome.verdict;
          const ceiling = outcome.ceiling, lines = ceiling ? ceiling.evidence : [];
          const stop = ceiling && ceiling.cause !== "none" ? `What stopped growth: ${safe(ceiling.cause.replace(/_/g, " "))}${known(ceiling.at_connected) ? `, at ${count(ceiling.at_connected)} connected` : ""}.` : "";
          put(box, `<h2><b>${safe(outcome.verdict)}</b> <span class="quiet small">exit status ${outcome.exit_status}</span></h2>`
            + `<p>The run is over; the record is in <code>${safe(plan.directory)}</code>.</p>`
            + (outcome.remark ? `<p>${safe(outcome.remark)}</p>` : "")
            + `<ul>${outcome.expectation_texts.map(each => `<li class="${each.held ? "held" : "missed"}">${safe(each.wanted)}: ${safe(each.measured || "not measured")}</li>`).join("")}</ul>`
            + (stop ? `<p style="margin-top:.5rem">${stop}</p>` : "") + (lines.length ? `<ul>${lines.map(line => `<li>${safe(line)}</li>`).join("")}</ul>` : "")
            + (outcome.leaks.length ? `<p>Left behind: ${safe(outcome.leaks.join(" "))}</p>` : ""));
        }
        """#
}

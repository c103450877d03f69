/// The page's script, second part: a chart of lines over model time, as SVG, with a cross hair for pointer and keyboard.
extension Page {
    static let chart = #"""
        const niceSteps = [1, 2, 2.5, 5, 10];
        function niceStep(span, pieces) {
          const rough = span / pieces, power = 10 ** Math.floor(Math.log10(rough));
          return niceSteps.find(step => step * power >= rough) * power;
        }
        const timeSteps = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
        function timeStep(span, pieces) { return span / pieces <= 10 ? niceStep(span, pieces) : timeSteps.find(step => step >= span / pieces) || niceStep(span, pieces); }

        class Chart {
          // spec: series(), each { name, color, points: [[x, y]…], width, dash, fill, behind }; marks(), each { x or y, text }; top: y at least.
          constructor(id, spec) {
            this.box = by(id);
            this.legend = by(id + "-legend");
            this.said = "";
            this.spec = spec;
            this.at = null;
            this.box.addEventListener("pointermove", event => this.point(event));
            this.box.addEventListener("pointerdown", event => this.point(event));
            this.box.addEventListener("pointerleave", () => this.choose(null));
            this.box.addEventListener("blur", () => this.choose(null));
            this.box.addEventListener("keydown", event => this.key(event));
            new ResizeObserver(() => this.draw()).observe(this.box);
          }

          point(event) {
            if (!this.scale) return;
            this.choose((event.clientX - this.box.getBoundingClientRect().left - this.scale.left) / this.scale.perX);
          }

          key(event) {
            const points = this.main, last = points.length - 1;
            if (last < 0) return;
            const here = this.at === null ? last : this.nearest(points, this.at);
            const stride = event.shiftKey ? 10 : 1;
            const to = { ArrowLeft: here - stride, ArrowRight: here + stride, Home: 0, End: last }[event.key];
            if (event.key === "Escape") return this.choose(null);
            if (to === undefined) return;
            event.preventDefault();
            this.choose(points[Math.max(0, Math.min(last, to))][0]);
            write(by("said"), this.said);
          }

          choose(x) { this.at = x; this.draw(); }

          nearest(points, x) {
            let low = 0, high = points.length - 1;
            while (high - low > 1) { const middle = (low + high) >> 1; if (points[middle][0] <= x) low = middle; else high = middle; }
            return Math.abs(points[low][0] - x) <= Math.abs(points[high][0] - x) ? low : high;
          }

          draw() {
            const width = this.box.clientWidth, height = this.box.clientHeight;
            if (width < 80 || height < 60) return;
            const series = this.spec.series().filter(line => line.points.length), marks = this.spec.marks ? this.spec.marks() : [];
            this.main = (series.find(line => line.main) || { points: [] }).points;
            let maxX = 0, maxY = this.spec.top || 0;
            for (const line of series) for (const [x, y] of line.points) { if (x > maxX) maxX = x; if (y > maxY) maxY = y; }
            for (const mark of marks) if (known(mark.y) && mark.isReached && mark.y > maxY) maxY = mark.y;
            maxX = maxX || 1; maxY = maxY || 1;
            const stepY = niceStep(maxY, height > 220 ? 5 : 3), topY = Math.ceil(maxY / stepY - 1e-9) * stepY;
            const rows = Array.from({ length: Math.round(topY / stepY) + 1 }, (nothing, row) => row * stepY);
            const left = 12 + 7 * Math.max(...rows.map(y => this.spec.label(y).length)), right = 14, top = 14, bottom = 38;
            const perX = (width - left - right) / maxX, perY = (height - top - bottom) / topY;
            const X = x => +(left + x * perX).toFixed(1), Y = y => +(height - bottom - y * perY).toFixed(1);
            this.scale = { left, perX };
            let svg = "";
            for (const y of rows)
              svg += `<line class="${y ? "grid" : "axis"}" x1="${left}" x2="${width - right}" y1="${Y(y)}" y2="${Y(y)}"/><text x="${left - 6}" y="${Y(y) + 4}" text-anchor="end">${this.spec.label(y)}</text>`;
            const stepX = timeStep(maxX, Math.max(2, Math.floor(width / 90)));
            for (let x = 0; x <= maxX * 1.0001; x += stepX)
              svg += `<text x="${X(x)}" y="${height - bottom + 16}" text-anchor="${X(x) > width - 30 ? "end" : "middle"}">${x === 0 ? "0" : time(x, 2)}</text>`;
            svg += `<text x="${left + (width - left - right) / 2}" y="${height - 4}" text-anchor="middle">model time</text>`;
            for (const line of series) svg += this.line(line, X, Y);
            for (const mark of marks) svg += this.mark(mark, X, Y, width - right, left, top, height - bottom, maxX, topY);
            if (this.at !== null && this.main.length) {
              const x = this.main[this.nearest(this.main, this.at)][0];
              svg += `<line class="cross" x1="${X(x)}" x2="${X(x)}" y1="${top}" y2="${height - bottom}"/>`;
              this.tell(series, x);
            } else this.tell(series, this.main.length ? this.main[this.main.length - 1][0] : null);
            this.box.innerHTML = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${svg}</svg>`;
            this.box.setAttribute("aria-label", this.box.dataset.name + ". " + this.said + ". Arrow keys move along it.");
          }

          line(line, X, Y) {
            const points = line.points.map(([x, y]) => X(x) + "," + Y(y));
            const stroke = `fill="none" stroke="var(--${line.color})" stroke-width="${line.width || 2}" stroke-linejoin="round" stroke-linecap="round"${{ dashed: ' stroke-dasharray="8 5"', dotted: ' stroke-dasharray="1 5"' }[line.dash] || ""}`;
            const first = line.points[0], last = line.points[line.points.length - 1];
            const area = line.fill ? `<polygon fill="var(--${line.color})" opacity=".13" points="${X(first[0])},${Y(0)} ${points.join(" ")} ${X(last[0])},${Y(0)}"/>` : "";
            const dot = line.points.length === 1 ? `<circle cx="${X(first[0])}" cy="${Y(first[1])}" r="2.5" fill="var(--${line.color})"/>` : "";
            return area + `<polyline ${stroke} points="${points.join(" ")}"/>` + dot;
          }

          mark(mark, X, Y, right, left, top, bottom, maxX, topY) {
            if (known(mark.y)) {
              if (mark.y > topY) return "";
              return `<line class="mark" x1="${left}" x2="${right}" y1="${Y(mark.y)}" y2="${Y(mark.y)}"/><text class="marked" x="${left + 6}" y="${Y(mark.y) - 5}">${safe(mark.text)}</text>`;
            }
            if (mark.x > maxX) return "";
            const x = X(mark.x), isRight = x > (left + right) / 2, low = bottom - 8 - 16 * (mark.row || 0);
            return `<line class="mark" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text class="marked" x="${x + (isRight ? -6 : 6)}" y="${low}" text-anchor="${isRight ? "end" : "start"}">${safe(mark.text)}</text>`;
          }

          // What the lines are at x: in the legend, and in a sentence for who cannot see it. Nothing yet where x is null.
          tell(series, x) {
            const entries = this.spec.series().map(line => {
              const drawn = x !== null && series.find(each => each.name === line.name);
              if (!drawn) return { ...line, text: "" };
              const [place, value] = drawn.points[this.nearest(drawn.points, x)];
              const between = line.behind ? along(drawn.points, x) : Math.abs(place - x) < 1e-6 ? value : null;
              return { ...line, text: between === null ? "" : this.spec.say(between) };
            });
            entries.sort((a, b) => !!b.main - !!a.main || !!a.behind - !!b.behind);
            this.said = x === null ? "nothing yet" : "at " + time(x) + ": " + entries.filter(entry => entry.text).map(entry => entry.name + " " + entry.text).join(", ");
            put(this.legend, entries.map(key).join("") + `<span class="when">${x === null ? "nothing yet" : "at " + time(x)}</span>`);
          }
        }

        function along(points, x) {
          const index = points.findIndex(point => point[0] >= x);
          if (index < 0) return null;
          if (index === 0) return points[0][1];
          const [a, b] = [points[index - 1], points[index]];
          return a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]);
        }
        """#
}

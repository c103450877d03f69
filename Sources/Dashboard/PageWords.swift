/// The page's script, first part: figures as people read them, and elements.
extension Page {
    static let words = #"""
        const by = id => document.getElementById(id);
        const known = value => value !== undefined && value !== null;
        const safe = text => String(text).replace(/[&<>"']/g, sign => "&#" + sign.charCodeAt(0) + ";");
        const count = value => known(value) ? Math.round(value).toLocaleString("en-US") : "–";
        const trim = (value, places) => value.toFixed(places).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

        function bytes(value) {
          if (!known(value)) return "–";
          for (const [name, size] of [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 1024]])
            if (value >= size) return trim(value / size, 1) + " " + name;
          return value + " B";
        }

        function micros(value) {
          if (!known(value)) return "–";
          const short = (amount, unit) => trim(amount, amount >= 100 ? 0 : amount >= 10 ? 1 : 2) + " " + unit;
          if (value < 1000) return value + " µs";
          return value < 1e6 ? short(value / 1000, "ms") : short(value / 1e6, "s");
        }

        // A moment or a span: 4.2 s, 3:07, 1:02:05.
        function time(seconds, places = 1) {
          if (!known(seconds)) return "–";
          if (seconds < 60) return trim(seconds, seconds < 10 ? places : 0) + " s";
          const whole = Math.round(seconds), two = value => String(value).padStart(2, "0");
          return whole < 3600 ? Math.floor(whole / 60) + ":" + two(whole % 60)
            : Math.floor(whole / 3600) + ":" + two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
        }

        // 1,950,000 where there is room for 1.95 M only.
        function short(value) {
          if (value >= 1e6) return trim(value / 1e6, 2) + " M";
          return value >= 1e4 ? trim(value / 1e3, 1) + " k" : value < 10 ? trim(value, 2) : count(value);
        }

        // Changes an element only where it differs, so that nothing flickers and no selection is lost.
        function put(element, html) { if (element.dataset.shown !== html) { element.innerHTML = html; element.dataset.shown = html; } }
        function write(element, text) { if (element.textContent !== text) element.textContent = text; }
        // A line of a chart in its legend.
        const key = line => `<span><i class="${line.dash || ""} ${line.behind ? "wide" : ""}" style="border-color:var(--${line.color})"></i>${safe(line.name)}${line.text ? ` <b>${safe(line.text)}</b>` : ""}</span>`;
        """#
}

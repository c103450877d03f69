import Views

/// How the page looks, in light and in dark, from 320 pixels on.
extension Page {
    static let style = colours + "\n" + layout + "\n" + pieces + "\n" + narrow

    private static let colours = """
        :root { color-scheme: light dark; \(Palette.light)
          --ground: #f1f3f6; --face: #fff; --connected: var(--c0); --users: var(--c1); --target: var(--c0); --workers: var(--c1); --softirq: var(--c2); --others: var(--c7);
          --kernel: var(--c0); --own: var(--c1); --footprint: var(--c2); --swap: var(--c3); --rest: var(--c7); --idle: transparent; }
        @media (prefers-color-scheme: dark) { :root { \(Palette.dark) --ground: var(--paper); --face: var(--card); } }
        """

    private static let layout = #"""
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
        main { display: grid; grid-template-columns: minmax(0, 1fr); gap: .8rem; max-width: 76rem; margin: 0 auto; padding: 1.1rem 1rem 2rem; }
        h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 0 0 .35rem; font-size: 1rem; }
        h3 { margin: .9rem 0 .2rem; font-size: .9rem; }
        p { margin: 0; }
        .quiet { color: var(--dim); font-weight: normal; }
        .small { font-size: .875rem; }
        .warn { color: var(--warn); }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: start; justify-content: space-between; }
        .who { flex: 1 1 16rem; }
        .act { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; justify-content: end; }
        #link { font-size: .9rem; color: var(--dim); }
        #link::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .45em; border-radius: 50%; background: var(--axis); }
        #link.live::before { background: var(--good); }
        #link.trouble { color: var(--bad); font-weight: 600; }
        #link.trouble::before { background: var(--bad); }
        button { font: inherit; font-size: .95rem; padding: .4rem .9rem; border-radius: .5rem; border: 1px solid var(--axis); background: var(--face); color: var(--text); cursor: pointer; }
        button:hover { border-color: var(--text); }
        button.strong { background: var(--bad); border-color: var(--bad); color: var(--paper); }
        button:disabled { opacity: .55; cursor: default; }
        :focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
        .chart:focus-visible, .scroll:focus-visible { outline-offset: -2px; }
        #stages { display: flex; flex-wrap: wrap; gap: .1rem .3rem; margin: 0; padding: 0; list-style: none; font-size: .85rem; }
        #stages li { flex: 1 1 auto; padding: .3rem .2rem .1rem; border-top: 3px solid var(--grid); color: var(--dim); white-space: nowrap; }
        #stages li.past { border-top-color: var(--c0); }
        #stages li.present { border-top-color: var(--c0); color: var(--c0); font-weight: 650; }
        #stages li.past::after { content: " ✓"; color: var(--c0); }
        #event { font-size: .9rem; overflow-wrap: anywhere; }
        #event:empty { display: none; }
        .card { padding: .8rem 1rem .9rem; background: var(--face); border: 1px solid var(--grid); border-radius: .6rem; min-width: 0; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .8rem; }
        dialog { max-width: 26rem; padding: 1.2rem; color: var(--text); background: var(--face); border: 1px solid var(--grid); border-radius: .6rem; }
        dialog::backdrop { background: #0008; }
        dialog .act { margin-top: 1rem; }
        #ask-trouble { color: var(--bad); }
        """#

    private static let pieces = #"""
        #tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(44%, 8.5rem), 1fr)); gap: .8rem; }
        .tile { padding: .6rem .8rem .7rem; background: var(--face); border: 1px solid var(--grid); border-radius: .6rem; min-width: 0; }
        .tile b { display: block; font-size: 1.5rem; line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; }
        .tile { display: flex; flex-direction: column; } .tile .meter { margin-top: auto; } .tile span { margin-bottom: .3rem; font-size: .82rem; color: var(--dim); }
        .tile.bad b { color: var(--bad); }
        .meter { height: .3rem; margin-top: .35rem; border-radius: 1rem; background: var(--grid); overflow: hidden; }
        .meter i { display: block; height: 100%; background: var(--c0); transition: width .4s; }
        .chart { height: 12rem; touch-action: pan-y; }
        .chart.tall { height: clamp(15rem, 44vw, 23rem); }
        .chart svg { display: block; overflow: visible; }
        .chart text { fill: var(--dim); font-size: 12px; }
        .chart .grid { stroke: var(--grid); stroke-width: 1; }
        .chart .axis { stroke: var(--axis); stroke-width: 1; }
        .chart .cross { stroke: var(--text); stroke-width: 1; stroke-dasharray: 2 3; }
        .chart .mark { stroke: var(--text); stroke-width: 1; stroke-dasharray: 5 4; opacity: .65; }
        .chart .marked { fill: var(--text); paint-order: stroke; stroke: var(--face); stroke-width: 4px; stroke-linejoin: round; }
        .legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; min-height: 1.5em; font-size: .85rem; color: var(--dim); }
        .legend b { font-weight: 600; color: var(--text); }
        .legend i { display: inline-block; width: 1.4em; height: 0; margin-right: .4em; vertical-align: middle; border-top: 3px solid; }
        .legend i.dashed { border-top-style: dashed; }
        .legend i.dotted { border-top-style: dotted; }
        .legend i.wide { border-top-width: 7px; }
        .legend i.box { width: .8em; height: .8em; border: 0; border-radius: .15em; }
        .legend i.hollow { border: 1px solid var(--axis); }
        .legend .when { margin-left: auto; }
        .bar { display: flex; height: 1.1rem; margin: .2rem 0 .3rem; border-radius: .25rem; background: var(--ground); box-shadow: inset 0 0 0 1px var(--grid); overflow: hidden; }
        .bar i { height: 100%; transition: width .4s; }
        .bar i + i { border-left: 1px solid var(--face); }
        .row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .9rem; }
        .row + .row, .legend + .row { margin-top: .8rem; }
        .meter + .row { margin-top: .5rem; }
        #shares + div > .row:first-child { margin-top: .8rem; }
        .scroll { overflow-x: auto; }
        .short { max-height: 22rem; overflow-y: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .88rem; }
        th, td { padding: .25rem .5rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        th:last-child, td:last-child { padding-right: 0; }
        th { color: var(--dim); font-weight: 500; }
        tbody th { color: var(--text); }
        .short thead th { position: sticky; top: 0; background: var(--face); }
        .map { width: auto; } .map th, .map td { text-align: left; padding-right: 1.5rem; }
        tr:last-child td, tr:last-child th { border-bottom: 0; }
        td.bad { color: var(--bad); font-weight: 600; }
        #outcome { border-left: .4rem solid var(--axis); }
        #outcome.passed { border-left-color: var(--good); }
        #outcome.failed, #outcome.broken { border-left-color: var(--bad); }
        #outcome.interrupted { border-left-color: var(--warn); }
        #outcome h2::first-letter { text-transform: uppercase; }
        #outcome h2 { font-size: 1.15rem; }
        #outcome.passed h2 b { color: var(--good); }
        #outcome.failed h2 b, #outcome.broken h2 b { color: var(--bad); }
        #outcome.interrupted h2 b { color: var(--warn); }
        #outcome ul, #plan ul { margin: .3rem 0 0; padding-left: 1.2rem; font-size: .9rem; }
        #outcome li, #plan li { overflow-wrap: anywhere; }
        #outcome li.held::marker { content: "✓ "; color: var(--good); }
        #outcome li.missed::marker { content: "✗ "; color: var(--bad); }
        code { font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; font-size: .88em; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(44%, 10.5rem), 1fr)); gap: .5rem 1rem; margin: 0; font-size: .9rem; }
        dl .long { grid-column: 1 / -1; }
        dt { color: var(--dim); font-size: .82rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        details { margin-top: .7rem; font-size: .9rem; }
        summary { cursor: pointer; width: fit-content; color: var(--c0); }
        pre { margin: .5rem 0 0; padding: .7rem; overflow-x: auto; background: var(--ground); border-radius: .4rem; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; }
        """#

    private static let narrow = #"""
        @media (max-width: 30rem) {
          main { padding: .7rem .6rem 1.5rem; gap: .6rem; } .card { padding: .7rem; } #tiles { gap: .6rem; } .tile b { font-size: 1.2rem; } .wide { display: none; }
          .tile:last-child:nth-child(odd) { grid-column: 1 / -1; }
          th, td { padding: .25rem .15rem; } table { font-size: .8rem; } .act { justify-content: start; } #stages { gap: .3rem; } #stages li { flex-basis: 30%; }
          .legend .when { margin-left: 0; }
        }
        @media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important; } }
        @media print { :root { \#(Palette.print) --ground: #fff; --face: #fff; } html { font-size: 12.5px; } main { max-width: none; padding: 0; } button, #link { display: none; } .card, .tile { break-inside: avoid; } .short { max-height: none; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        """#
}

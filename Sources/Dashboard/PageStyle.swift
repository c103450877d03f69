/// How the page looks, in light and in dark, from 360 pixels on.
extension Page {
    static let style = #"""
        :root {
          --ground: #f6f4f2; --card: #fff; --ink: #24201e; --quiet: #6b625d; --line: #ded8d3; --accent: #c2410c; --on-accent: #fff;
          --connected: #c2410c; --users: #2563eb; --reference: #b8aea7; --target: #c2410c; --workers: #2563eb; --softirq: #0f766e;
          --kernel: #7c3aed; --own: #2563eb; --footprint: #d97706; --swap: #be123c; --other: #a8a29e; --good: #15803d; --bad: #b91c1c; --warn: #a16207;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #171413; --card: #221e1c; --ink: #ece6e2; --quiet: #a89d96; --line: #3d3632; --accent: #fb923c; --on-accent: #1c1109;
            --connected: #fb923c; --users: #60a5fa; --reference: #6b615b; --target: #fb923c; --workers: #60a5fa; --softirq: #2dd4bf;
            --kernel: #a78bfa; --own: #60a5fa; --footprint: #fbbf24; --swap: #fb7185; --other: #78716c; --good: #4ade80; --bad: #f87171; --warn: #facc15;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
        main { display: grid; grid-template-columns: minmax(0, 1fr); gap: .9rem; max-width: 76rem; margin: 0 auto; padding: 1rem; }
        h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 0 0 .5rem; font-size: 1rem; }
        p { margin: 0; }
        .quiet { color: var(--quiet); font-weight: normal; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: start; justify-content: space-between; }
        .who { flex: 1 1 16rem; }
        .act { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; justify-content: end; }
        #link { font-size: .9rem; color: var(--quiet); }
        #link::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .45em; border-radius: 50%; background: var(--line); }
        #link.live::before { background: var(--good); }
        #link.trouble { color: var(--bad); font-weight: 600; }
        #link.trouble::before { background: var(--bad); }
        button { font: inherit; padding: .4rem .9rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--card); color: var(--ink); cursor: pointer; }
        button.strong { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
        button:disabled { opacity: .5; cursor: default; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        #stages { display: flex; flex-wrap: wrap; gap: .3rem; margin: 0; padding: 0; list-style: none; font-size: .85rem; }
        #stages li { flex: 1 1 auto; padding: .2rem .6rem; text-align: center; border-radius: .4rem; background: var(--card); border: 1px solid var(--line); color: var(--quiet); white-space: nowrap; }
        #stages li.past { color: var(--ink); border-color: var(--quiet); }
        #stages li.present { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
        #event { font-size: .9rem; overflow-wrap: anywhere; }
        #event:empty { display: none; }
        .card { padding: .9rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; min-width: 0; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .9rem; }
        #tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(44%, 8.5rem), 1fr)); gap: .6rem; }
        .tile { padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; min-width: 0; }
        .tile b { display: block; font-size: 1.45rem; line-height: 1.25; font-weight: 650; overflow-wrap: anywhere; }
        .tile span { font-size: .82rem; color: var(--quiet); }
        .tile.bad b { color: var(--bad); }
        .meter { height: .35rem; margin-top: .3rem; border-radius: 1rem; background: var(--line); overflow: hidden; }
        .meter i { display: block; height: 100%; background: var(--accent); transition: width .4s; }
        .chart { height: 11rem; border-radius: .3rem; touch-action: pan-y; }
        .chart.tall { height: clamp(14rem, 44vw, 23rem); }
        .chart svg { display: block; }
        .chart text { fill: var(--quiet); font-size: 12px; }
        .chart .grid { stroke: var(--line); stroke-width: 1; }
        .chart .cross { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 3; }
        .chart .mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 5 4; }
        .chart .marked { fill: var(--ink); }
        .readout { min-height: 1.4em; font-size: .82rem; color: var(--quiet); }
        .legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin-bottom: .3rem; font-size: .82rem; color: var(--quiet); }
        .legend i { display: inline-block; width: 1.1em; height: .28em; margin-right: .4em; vertical-align: middle; border-radius: 1rem; }
        .legend i.box { width: .75em; height: .75em; border-radius: .2em; }
        .bar { display: flex; height: 1.3rem; margin: .25rem 0 .35rem; border-radius: .4rem; background: var(--ground); border: 1px solid var(--line); overflow: hidden; }
        .bar i { height: 100%; transition: width .4s; }
        .bar i + i { border-left: 1px solid var(--card); }
        .row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .9rem; }
        .row + .row, .legend + .row { margin-top: .7rem; }
        .meter + .row { margin-top: .5rem; }
        .scroll { overflow-x: auto; }
        .short { max-height: 22rem; overflow-y: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .88rem; }
        th, td { padding: .25rem .5rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        th { color: var(--quiet); font-weight: 500; }
        tbody th { color: var(--ink); }
        .short thead th { position: sticky; top: 0; background: var(--card); }
        tr:last-child td, tr:last-child th { border-bottom: 0; }
        td.bad { color: var(--bad); font-weight: 600; }
        #outcome { border-left: .4rem solid var(--quiet); }
        #outcome.passed { border-left-color: var(--good); }
        #outcome.failed, #outcome.broken { border-left-color: var(--bad); }
        #outcome.interrupted { border-left-color: var(--warn); }
        #outcome ul, #plan ul { margin: .3rem 0 0; padding-left: 1.2rem; font-size: .9rem; }
        #outcome li, #plan li { overflow-wrap: anywhere; }
        #outcome li.held::marker { content: "✓ "; color: var(--good); }
        #outcome li.missed::marker { content: "✗ "; color: var(--bad); }
        #outcome code { overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); gap: .5rem 1rem; margin: 0; font-size: .9rem; }
        dt { color: var(--quiet); font-size: .82rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        details { margin-top: .7rem; }
        summary { cursor: pointer; width: fit-content; }
        pre { margin: .5rem 0 0; padding: .7rem; overflow-x: auto; background: var(--ground); border-radius: .4rem; font: 12px/1.45 ui-monospace, monospace; }
        dialog { max-width: 26rem; padding: 1.2rem; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
        dialog::backdrop { background: #0008; }
        dialog .act { margin-top: 1rem; }
        #ask-trouble { color: var(--bad); }
        @media (max-width: 30rem) { main { padding: .6rem; gap: .6rem; } .card { padding: .7rem; } .tile b { font-size: 1.15rem; } th, td { padding: .25rem .15rem; } table { font-size: .8rem; } .wide { display: none; } .act { justify-content: start; } #stages li { padding: .1rem .4rem; } }
        @media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important; } }
        """#
}

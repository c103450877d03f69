/// The report's own style sheet and script. Both are free of < and &, so that the page is well-formed XML as well.
enum ReportStyle {
    static let sheet = colours + "\n" + screen + "\n" + phone + "\n" + paper

    private static let colours = """
        :root{color-scheme:light dark;\(Palette.light)}
        @media (prefers-color-scheme:dark){:root{\(Palette.dark)}}
        """

    /// Lines are told apart by their dashes, too, which is all that is left of colours in black and white.
    private static let screen = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
        header,main,footer{max-width:960px;margin:0 auto;padding:0 24px}
        header{padding-top:28px}
        h1{font-size:1.7rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
        h2{font-size:1.25rem;margin:0 0 12px;padding-top:20px;border-top:1px solid var(--grid)}
        h3{font-size:1rem;margin:18px 0 6px;overflow-wrap:anywhere}
        section{margin:24px 0}
        .verdict-section h2{border:0;padding-top:0}
        p{margin:8px 0;overflow-wrap:anywhere}
        .lead,.note,small{color:var(--dim)}
        .note{font-size:.875rem;max-width:72ch}
        .warning{color:var(--warn)}
        nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:14px 0 0;font-size:.9rem}
        a{color:var(--c0)}
        .verdict{padding:14px 18px;border-radius:8px;font-size:1.05rem;border:1px solid}
        .verdict strong{font-size:1.35rem;margin-right:6px}
        .verdict.good{color:var(--good);background:var(--good-paper)}.verdict.bad{color:var(--bad);background:var(--bad-paper)}.verdict.warning{color:var(--warn);background:var(--warn-paper)}
        .tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:14px 0}
        .tile{background:var(--card);border-radius:8px;padding:10px 14px}
        .tile span{display:block;font-size:1.4rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
        tr:has(.held.bad){background:var(--bad-paper)}.tile span.none{font-size:1rem;line-height:1.75rem}
        .tile small{display:block;line-height:1.3;font-size:.8rem}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:8px 0;font-size:.92rem;min-width:50%}
        th,td{padding:5px 18px 5px 0;border-bottom:1px solid var(--grid);text-align:right;vertical-align:top}
        th:first-child,td.words{text-align:left}
        td:last-child,thead th:last-child{padding-right:0}
        td{white-space:nowrap}th{font-weight:400}thead th{color:var(--dim);font-size:.85rem}
        .expectations{width:100%}.expectations code{overflow-wrap:anywhere}
        .held{font-weight:600;white-space:nowrap}.held.good{color:var(--good)}.held.bad{color:var(--bad)}
        .none{color:var(--dim);font-weight:400;font-style:italic}
        .words{display:block;text-align:left;white-space:normal;min-width:16ch}
        .cause strong{font-size:1.15rem}
        ul{margin:8px 0;padding-left:22px}li{margin:4px 0;overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:1fr 1fr;gap:3px 24px;margin:10px 0;font-size:.92rem}
        .fact:has(code){grid-column:1/-1}.fact{display:grid;grid-template-columns:minmax(0,11.5rem) minmax(0,1fr);gap:0 12px}
        dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
        code,pre{font-family:ui-monospace,"DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace;font-size:.85rem}
        code{overflow-wrap:anywhere}
        pre{background:var(--card);border-radius:8px;padding:12px 14px;overflow-x:auto;margin:8px 0;line-height:1.4}
        pre.command{white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
        details{margin:10px 0}summary{cursor:pointer;color:var(--c0)}
        figure{margin:14px 0;break-inside:avoid}
        figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 18px;margin-bottom:4px}
        figcaption h3{margin:0}
        .legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.875rem;color:var(--dim)}
        .key{display:inline-flex;align-items:center;gap:6px}
        .swatch{width:22px;height:0;border-top:3px solid var(--ink);display:inline-block;flex:none}
        .swatch.thin{border-top-width:2px;border-top-style:dashed}.swatch.area{height:12px;width:14px;border:0;background:var(--ink)}
        .swatch.c1.line{border-top-style:dashed}.swatch.c2.line{border-top-style:dotted}
        .swatch.reference{border-top:7px solid var(--reference)!important}
        .gauge{display:flex;height:22px;margin:8px 0;border-radius:4px;overflow:hidden;box-shadow:inset 0 0 0 1px var(--grid)}
        .share{background:var(--ink)}.share+.share{border-left:1px solid var(--paper)}.unused{--ink:transparent}.swatch.unused{border:1px solid var(--axis)}
        .map th,.map td{text-align:left}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 24px}
        svg{width:100%;height:auto;display:block;overflow:visible}
        svg.narrow{display:none}
        svg text{font-size:12.5px;fill:var(--dim)}svg .unit{font-size:12px}svg .named{fill:var(--text);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
        svg .inbar{fill:var(--paper);font-weight:600}
        .grid{stroke:var(--grid)}.axis{stroke:var(--axis)}.limit{stroke:var(--text);stroke-dasharray:5 4;opacity:.65}
        .c0{--ink:var(--c0)}.c1{--ink:var(--c1)}.c2{--ink:var(--c2)}.c3{--ink:var(--c3)}.c4{--ink:var(--c4)}.c5{--ink:var(--c5)}.c6{--ink:var(--c6)}.c7{--ink:var(--c7)}
        svg .line{fill:none;stroke:var(--ink);stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
        svg .line.c1{stroke-dasharray:9 5}svg .line.c2{stroke-dasharray:2 4.5}svg .line.c3{stroke-dasharray:12 4 2 4}svg .line.c5{stroke-dasharray:5 4}
        svg .line.thin{stroke-width:1.5}svg .mark.reference{stroke:var(--c7);stroke-width:2.5}
        svg .line.reference{stroke:var(--reference);stroke-width:8;stroke-dasharray:none}
        svg .area{fill:var(--ink);stroke:var(--paper);stroke-width:1}
        svg .bar{fill:var(--ink)}svg .bar.pale{fill-opacity:.5}svg .bar:hover{fill-opacity:.75}
        svg .mark{fill:var(--paper);stroke:var(--ink);stroke-width:3}
        .bands rect{fill:var(--text);fill-opacity:0}.bands rect:hover,.bands rect.at{fill-opacity:.09}
        #tip{position:fixed;z-index:9;pointer-events:none;background:var(--text);color:var(--paper);padding:6px 10px;border-radius:6px;font-size:.82rem;line-height:1.4;white-space:pre-line;max-width:min(320px,90vw);font-variant-numeric:tabular-nums}
        #tip:empty{display:none}
        footer{color:var(--dim);font-size:.85rem;padding-bottom:32px}
        """

    private static let phone = """
        @media (max-width:640px){header,main,footer{padding-left:16px;padding-right:16px}header{padding-top:18px}h1{font-size:1.35rem}.tiles{grid-template-columns:1fr 1fr}.pair,dl{grid-template-columns:minmax(0,1fr)}svg.wide{display:none}svg.narrow{display:block}th,td{padding-right:12px}table{min-width:100%}.latencies{font-size:.8rem}.latencies th,.latencies td{padding-right:7px}.latencies tr>:last-child{display:none}
        .expectations td:nth-child(2)::before{content:"expected ";color:var(--dim)}.expectations td:nth-child(3)::before{content:"measured ";color:var(--dim)}.expectations thead{display:none}.expectations,.expectations tbody{display:block}.expectations tr{display:grid;grid-template-columns:minmax(0,auto) minmax(0,auto) 1fr;gap:0 12px;font-size:.88rem;padding:7px 0;border-bottom:1px solid var(--grid)}.expectations th{grid-column:1/-1}.expectations th,.expectations td{border:0;padding:1px 0;text-align:left;white-space:normal}.expectations td:last-child{text-align:right}}
        """

    /// On paper: light, small, no drawing or table over two pages, and nothing of what is folded away.
    private static let paper = """
        @page{margin:12mm}
        @media print{:root{color-scheme:light;\(Palette.print)}html{font-size:12.5px}body{font-size:1rem}header{padding-top:0}nav,#tip,details:not([open]),section:not(:has(> :not(h2,details:not([open])))){display:none}header,main,footer{max-width:none;padding:0}
        section{margin:0 0 12px}h2{padding-top:12px;margin-bottom:8px}h2,h3,figcaption{break-after:avoid}h3{margin-top:12px}figure,table,dl,ul,.tiles,.verdict,.whole,.note{break-inside:avoid}.note{max-width:none}figure{margin:8px 0}
        svg.wide{display:block!important}svg.narrow{display:none!important}.pair{grid-template-columns:1fr 1fr}.tiles{gap:6px;margin:8px 0}.tile{padding:6px 10px}.verdict{padding:8px 12px}th,td{padding-top:3px;padding-bottom:3px}svg text{font-size:14px}
        .scroll,pre{overflow:visible}pre{white-space:pre-wrap;overflow-wrap:anywhere}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """

    /// Shows the titles of the drawings at once and to fingers, too; without it the browser shows them after a while.
    static let script = """
        (function(){var tip=document.getElementById("tip"),at=null,kept=new WeakMap();
        function hide(){if(at){at.classList.remove("at");var t=kept.get(at);if(t){at.appendChild(t)}at=null}tip.textContent=""}
        function show(event){var mark=event.target;
        if(mark===at){return place(event)}hide();
        if(!(mark instanceof SVGElement)||mark.tagName==="svg"){return}
        var title=mark.querySelector(":scope > title");if(!title){return}
        at=mark;kept.set(mark,title);mark.removeChild(title);mark.classList.add("at");tip.textContent=title.textContent;place(event)}
        function place(event){var box=tip.getBoundingClientRect(),x=event.clientX+14,y=event.clientY+14;
        if(x+box.width>innerWidth-8){x=Math.max(8,event.clientX-box.width-14)}
        if(y+box.height>innerHeight-8){y=Math.max(8,event.clientY-box.height-14)}
        tip.style.left=x+"px";tip.style.top=y+"px"}
        document.addEventListener("pointermove",show);document.addEventListener("pointerdown",show);
        document.addEventListener("pointerleave",hide);document.addEventListener("scroll",hide,{passive:true});
        addEventListener("beforeprint",function(){hide()})})();
        """
}

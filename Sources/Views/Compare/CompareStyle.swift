/// What a comparison's page needs beside the report's style sheet. Free of < and &, as that is.
enum CompareStyle {
    static let sheet = """
        .verdict.plain{background:var(--card);border-color:var(--grid)}.verdict.differs{background:var(--card);border-color:var(--c0);border-left-width:5px}
        .verdict.plain strong,.verdict.differs strong{display:block;font-size:1.15rem;text-transform:none;margin:0}
        .verdict.plain,.verdict.differs{font-size:.95rem}
        .lead code{font-size:.9rem}
        .forest .ci{stroke:var(--axis);stroke-width:2.25}.forest .ci.sure{stroke:var(--ink);stroke-width:3.25}
        .forest .arrow{fill:var(--axis);stroke:none}.forest .arrow.sure{fill:var(--ink)}
        .forest .dot{fill:var(--paper);stroke:var(--axis);stroke-width:2.25}.forest .dot.sure{fill:var(--ink);stroke:var(--ink)}
        .forest .one{stroke:var(--text);stroke-width:1.25;opacity:.7}.forest .strong{font-weight:600}
        .swatch.dot{width:11px;height:11px;border:2px solid var(--axis);border-radius:50%;background:var(--paper)}.swatch.dot.sure{border-color:var(--ink);background:var(--ink)}
        .swatch.one{width:0;height:14px;border-top:0;border-left:2px solid var(--text);opacity:.7}
        svg .line.thin{opacity:.55}
        .held.sure{color:var(--text)}.held.same,.held.unsure{font-weight:400;color:var(--dim)}.held.unsure{font-style:italic}
        .unitcell{color:var(--dim)}.compared td:nth-child(2),.compared thead th:nth-child(2){text-align:left;white-space:normal}.compared th,.compared td{padding-right:14px}
        .plans td{white-space:normal}.plans thead th{text-align:left}
        """
}

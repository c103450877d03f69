/// The colours of pages, as custom properties of CSS: the same things have the same colours in the report and on the dashboard.
///
/// Inks are told apart by people who see colours differently (after Okabe and Ito). Text on its ground has a contrast of at
/// least 4.5, and lines one of 3.
public enum Palette {
    public static let light =
        "--paper:#fff;--card:#f5f6f8;--text:#1b2330;--dim:#566170;--grid:#e3e7ec;--axis:#8a94a3;--good:#11703c;--good-paper:#e5f5ec;--bad:#b3261e;--bad-paper:#fcebe9;--warn:#855700;--warn-paper:#fdf3dc;--reference:#b9c0ca;--c0:#0063a8;--c1:#cc4e00;--c2:#00825c;--c3:#a94c86;--c4:#a87400;--c5:#2b8fc9;--c6:#6b5b95;--c7:#7b8492;"

    public static let dark =
        "--paper:#12161c;--card:#1b212a;--text:#e6eaf0;--dim:#9aa5b4;--grid:#2d3540;--axis:#6d7888;--good:#5fd394;--good-paper:#12291d;--bad:#ff8a80;--bad-paper:#351a18;--warn:#f2c05c;--warn-paper:#30260f;--reference:#566272;--c0:#5ab4f5;--c1:#ff9350;--c2:#3fc798;--c3:#e392c3;--c4:#ecb740;--c5:#8fd0f5;--c6:#b3a5dd;--c7:#a3adba;"

    /// Colours that a printer shows, on white.
    public static let print =
        light + "--card:#f6f7f9;--text:#000;--dim:#444;--grid:#ddd;--axis:#777;--good-paper:#fff;--bad-paper:#fff;--warn-paper:#fff;--reference:#bbb;"
}

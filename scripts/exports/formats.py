"""The files of a record, each read by a parser of its format."""

import json
import os
import re
import shutil
import time
import urllib.request

import junitparser
import lxml.etree
from jsonschema import Draft202012Validator
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import runs
from dashboard_run import SECONDS, Run

STATUS = {"failed": 1, "interrupted": 130, "broken": 70}


def run(checks, setting):
    records = setting.records.make()
    for name in records.engines + list(STATUS):
        wanted = STATUS.get(name, 0)
        if not checks.same(f"{name}: exit status", records.status[name], wanted):
            print(runs.simbench(setting, "report", records.path(name), "--markdown", "-").stdout)
            continue
        folder = records.path(name)
        with open(f"{folder}/summary.json", encoding="utf-8") as file:
            summary = json.load(file)
        checks.guard(f"{name}: JSON", schemas, checks, setting, name, folder)
        checks.guard(f"{name}: JUnit", junit, checks, name, folder, summary)
        checks.guard(f"{name}: Markdown", markdown, checks, setting, name, folder, summary)
        checks.guard(f"{name}: OpenMetrics", openmetrics, checks, setting, name, folder, summary)
    checks.guard("units", units, checks, setting)
    checks.guard("svg", svg, checks, setting)
    checks.guard("live", live, checks, setting)


def schemas(checks, setting, name, folder):
    for kind in ("summary", "plan"):
        printed = runs.simbench(setting, "report", "--schema", kind)
        schema = json.loads(printed.stdout)
        Draft202012Validator.check_schema(schema)
        with open(f"{folder}/{kind}.json", encoding="utf-8") as file:
            document = json.load(file)
        errors = [f"{'.'.join(map(str, error.path))}: {error.message[:120]}" for error in Draft202012Validator(schema).iter_errors(document)]
        checks.same(f"{name}: {kind}.json against its schema", errors, [])


def junit(checks, name, folder, summary):
    path = f"{folder}/junit.xml"
    root = lxml.etree.parse(path).getroot()
    checks.same(f"{name}: the form of junit.xml", shape(root), [])
    suite = next(iter(junitparser.JUnitXml.fromfile(path)))
    cases = list(suite)
    checks.same(f"{name}: a case per expectation", len(cases), 3 + len(summary["expectations"]))
    kinds = [type(result).__name__ for case in cases for result in case.result]
    checks.same(f"{name}: what junit.xml counts", (suite.tests, suite.failures, suite.errors, suite.skipped),
                (len(cases), kinds.count("Failure"), kinds.count("Error"), kinds.count("Skipped")))
    checks.same(f"{name}: junit.xml says the same as the exit status", suite.failures + suite.errors > 0, summary["verdict"] != "passed")
    properties = {element.get("name"): element.get("value") for element in root.iter("property")}
    for result in summary["expectations"]:
        told = properties[result["figure"]]
        checks.true(f"{name}: {result['figure']} in junit.xml", told == "null" if result["measured"] is None else float(told) == result["measured"], told)
    if summary["verdict"] in ("broken", "interrupted"):
        checks.true(f"{name}: the reason is an error", summary["run"]["ended_early_because"] in [element.get("message") for element in root.iter("error")])
    checks.true(f"{name}: times add up", abs(sum(case.time for case in cases) - suite.time) < 0.01 and suite.time > 0, suite.time)


def shape(root):
    """What a schema would object to: both that of Ant (windyroad) and that of Jenkins (junit-10) are stricter than parsers."""
    problems = []
    if root.tag != "testsuites" or root.attrib:
        problems.append("the root")
    for suite in root:
        wanted = {"id", "package", "name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"}
        if set(suite.attrib) != wanted:
            problems.append(f"attributes {set(suite.attrib) ^ wanted}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp")):
            problems.append("the timestamp")
        order = [element.tag for element in suite]
        if order != ["properties"] + ["testcase"] * order.count("testcase") + ["system-out", "system-err"]:
            problems.append(f"the order {order}")
        for case in suite.iter("testcase"):
            if set(case.attrib) != {"classname", "name", "time"} or len(case) > 1:
                problems.append(f"the case {case.get('name')}")
            for element in case:
                if element.tag not in ("failure", "error", "skipped") or element.tag != "skipped" and not element.get("type"):
                    problems.append(f"the result of {case.get('name')}")
        for element in [suite, *suite.iter("testcase")]:
            if not re.fullmatch(r"\d+\.\d{3}", element.get("time")):
                problems.append(f"the time {element.get('time')}")
    return problems


def markdown(checks, setting, name, folder, summary):
    with open(f"{folder}/summary.md", encoding="utf-8") as file:
        text = file.read()
    printed = runs.simbench(setting, "report", folder, "--markdown", "-")
    checks.same(f"{name}: report --markdown is summary.md", printed.stdout, text)
    checks.true(f"{name}: the verdict is the heading", text.splitlines()[0].endswith(f"simbench smoke: {summary['verdict']}"), text.splitlines()[0])
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.M))

    def numbers(figure):
        return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", told[figure])]

    verified = summary["verified"]
    for figure, wanted in {
        "users started": [summary["users"]["started"]],
        "connected, peak and end": [summary["connected"]["peak"], summary["connected"]["final"]],
        "joined, peak and end": [summary["joined"]["peak"], summary["joined"]["final"]],
        "heartbeats answered": [verified["replied"], verified["asked"]] if verified else [],
        "errors": [sum(summary["errors"].values())],
        "lost": [summary["lost"]],
    }.items():
        checks.same(f"{name}: {figure} in summary.md", numbers(figure), wanted)
    rows = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ❌") or line.startswith("| ✅")]
    checks.same(f"{name}: a row per expectation", rows, [5] * len(summary["expectations"]))
    checks.true(f"{name}: how to repeat it", "simbench run --profile smoke" in text and folder not in text)


def openmetrics(checks, setting, name, folder, summary):
    printed = runs.simbench(setting, "report", folder, "--openmetrics", "-")
    families = {family.name: family for family in text_string_to_metric_families(printed.stdout)}
    checks.true(f"{name}: OpenMetrics ends as it must", printed.stdout.endswith("# EOF\n"))

    def value(family, sample=None, **labels):
        return next(s.value for s in families[family].samples if s.name == (sample or family) and s.labels == labels)

    checks.same(f"{name}: users started", value("simbench_users_started", "simbench_users_started_total"), summary["users"]["started"])
    checks.same(f"{name}: the stage is the verdict", value("simbench_stage", simbench_stage=summary["verdict"]), 1)
    checks.same(f"{name}: joined", value("simbench_joined"), summary["joined"]["final"])
    for kind, figures in summary["latency_us"].items():
        if figures:
            told = value("simbench_latency_seconds", of=kind, quantile="0.99")
            checks.true(f"{name}: {kind} p99", abs(told * 1e6 - figures["p99"]) < 0.5, told)
    for cause, count in summary["errors"].items():
        checks.same(f"{name}: {cause}", value("simbench_errors", "simbench_errors_total", cause=cause), count)


def units(checks, setting):
    for figure, condition, part in [
        ("latency_us.join.p99", "< 50 KiB", '"KiB"'),
        ("latency_us.joined.p99", "< 50 ms", "did you mean latency_us.join.p99?"),
        ("bytes_per_connection.pair", "<= 9 ms", '"ms"'),
        ("ramp.joins_per_second", ">= 10 s", '"s"'),
        ("errors.total", "== 0 s", "not a plain number"),
        ("teardown.seconds", "< 10 %", '"%"'),
    ]:
        refused = runs.simbench(setting, "run", "--profile", "smoke", "--set", f"expect.{figure}={condition}", "--out", f"{setting.work}/none")
        checks.true(f"{figure}: {condition} is refused", refused.returncode == 64 and part in refused.stderr, refused.stderr)
    failed = runs.simbench(setting, "report", setting.records.path("failed"), "--junit", "-").stdout
    for sentence in ("joined.peak is 2,000, but == 2,001 was expected.", "latency_us.join.p50 is "):
        checks.true(f"a failure says: {sentence}", sentence.replace(">", "&gt;") in failed)


def svg(checks, setting):
    for name in ("epoll", "interrupted"):
        path = f"{setting.work}/{name}.svg"
        drawn = runs.simbench(setting, "report", setting.records.path(name), "--svg", path)
        root = lxml.etree.parse(path).getroot() if os.path.exists(path) else None
        curves = [] if root is None else root.findall("{http://www.w3.org/2000/svg}polyline")
        checks.true(f"{name}: one curve without a reference", drawn.returncode == 0 and len(curves) == 1, drawn.stderr)
    # With a reference: a plan that names one, and a curve to hold beside it.
    folder = f"{setting.work}/with-reference"
    os.mkdir(folder)
    with open(f"{setting.records.path('epoll')}/plan.json", encoding="utf-8") as file:
        plan = json.load(file)
    plan["reference_path"] = f"{setting.root}/profiles/reference/do-64gb.csv"
    with open(f"{folder}/samples.csv", "w", encoding="utf-8") as file:
        file.write("model_t_s,connected\n" + "".join(f"{second},{second * 450}\n" for second in range(0, 5000, 50)))
    path = f"{setting.work}/reference.svg"
    for users, behind in ((2_400_000, ["published run"]), (2_000, [])):
        plan["users"] = users
        with open(f"{folder}/plan.json", "w", encoding="utf-8") as file:
            json.dump(plan, file)
        drawn = runs.simbench(setting, "report", folder, "--svg", path)
        titles = [] if drawn.returncode else [element.text for element in lxml.etree.parse(path).getroot().iter("{http://www.w3.org/2000/svg}title")]
        checks.true(f"the reference is drawn behind a run of as many users: {users}", titles[:-1] == behind and len(titles) == len(behind) + 1, drawn.stderr or titles)
    # The record's own copy counts, for the record may be read on another machine.
    shutil.copy(plan["reference_path"], f"{folder}/reference.csv")
    plan["reference_path"] = "/nowhere/gone.csv"
    with open(f"{folder}/plan.json", "w", encoding="utf-8") as file:
        json.dump(plan, file)
    moved = runs.simbench(setting, "report", folder, "--svg", f"{setting.work}/moved.svg")
    with open(path, encoding="utf-8") as first, open(f"{setting.work}/moved.svg", encoding="utf-8") as second:
        checks.true("the reference is the record's own copy", not moved.stderr and first.read() == second.read(), moved.stderr)
    os.unlink(f"{folder}/reference.csv")
    gone = runs.simbench(setting, "report", folder, "--svg", f"{setting.work}/gone.svg")
    checks.true("a reference that is gone is said", gone.returncode == 0 and "drawn without its reference" in gone.stderr, gone.stderr)
    again = runs.simbench(setting, "report", folder, "--svg", f"{setting.work}/no/where.svg")
    checks.true("a drawing that cannot be written", again.returncode == 69 and "No such file or directory" in again.stderr, again.stderr)


def live(checks, setting):
    """The figures of a run under way, as a scraper has them."""
    scrapes = {}
    with Run(setting, "live", "--profile", "smoke", "--hold", "4s") as run:
        limit = time.monotonic() + SECONDS
        while run.process.poll() is None and time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f"{run.url}metrics", timeout=SECONDS) as answer:
                    kind, text = answer.headers["Content-Type"], answer.read().decode()
            except OSError:
                break
            families = {family.name: family for family in text_string_to_metric_families(text)}
            if "simbench_stage" in families:
                stage = next(sample.labels["simbench_stage"] for sample in families["simbench_stage"].samples if sample.value)
                scrapes[stage] = families
                checks.true("the content type is that of OpenMetrics", kind.startswith("application/openmetrics-text; version=1.0.0"), kind)
            time.sleep(0.4)
        run.process.wait(SECONDS)
    checks.same("a run that is scraped passes", run.status, 0)
    if checks.true("a scrape while connections are held", "holding" in scrapes, list(scrapes)):
        held = scrapes["holding"]
        told = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in held.values() for sample in family.samples}
        for name in ("simbench_joined", "simbench_connected", "simbench_joins_total", "simbench_users_started_total"):
            checks.same(f"{name} in a scrape", told.get((name, ())), 2000)
        checks.same("joins in a scrape", told.get(("simbench_latency_seconds_count", (("of", "join"),))), 2000)
        for part in ("target", "workers"):
            checks.true(f"CPU time of {part}", told.get(("simbench_cpu_seconds_total", (("part", part),)), 0) > 0)
        for part in ("target_user", "workers", "host_used", "host_total"):
            checks.true(f"memory of {part}", told.get(("simbench_memory_bytes", (("part", part),)), 0) > 1 << 20)

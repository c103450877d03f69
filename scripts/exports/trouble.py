"""What cannot be written or read: sentences, and no run lost."""

import json
import os
import shutil
import subprocess
import tempfile

import runs


def run(checks, setting):
    setting.records.make()
    checks.guard("damage", damage, checks, setting)
    checks.guard("directories", directories, checks, setting)
    checks.guard("a full disk", full_disk, checks, setting)


def damage(checks, setting):
    good = setting.records.path("epoll")
    for name, content, part in [
        ("summary.json", "{", "is damaged"),
        ("summary.json", "{}", "is missing"),
        ("summary.json", None, "summary.json"),
        ("summary.json", json.dumps({"schema": "simbench.summary/9"}), "is damaged"),
    ]:
        with tempfile.TemporaryDirectory(dir=setting.work) as folder:
            shutil.copytree(good, folder, dirs_exist_ok=True)
            if content is None:
                os.unlink(f"{folder}/{name}")
            else:
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(content)
            for flag in ("--markdown", "--junit", "--openmetrics"):
                told = runs.simbench(setting, "report", folder, flag, "-")
                checks.true(f"{flag} of a record whose {name} is {content}",
                            told.returncode == 64 and part in told.stderr and told.stderr.count("\n") == 1 and not told.stdout, told.stderr)
    # A page or a drawing is made of more of the record.
    for name, old, new, part in [
        ("plan.json", b'"users"', b'"user"', "plan.json"),
        ("plan.json", None, None, "no plan.json"),
        ("summary.json", b'"verdict"', b'verdict"', "this is not JSON"),
        ("samples.csv", b"model_t_s", b"model", "no column model_t_s"),
        ("samples.csv", b"\n", b"\n1,2\n", "samples.csv:2"),
        ("samples.csv", None, None, "samples.csv is missing"),
        ("latency.csv", b"join,", b"join,-", "latency.csv"),
    ]:
        with tempfile.TemporaryDirectory(dir=setting.work) as folder:
            shutil.copytree(good, folder, dirs_exist_ok=True)
            if old is None:
                os.unlink(f"{folder}/{name}")
            else:
                with open(f"{folder}/{name}", "rb") as file:
                    content = file.read()
                with open(f"{folder}/{name}", "wb") as file:
                    file.write(content.replace(old, new, 1))
            before = os.stat(f"{folder}/report.html").st_mtime_ns
            for flags in ((), ("--svg", f"{folder}/curves.svg")):
                told = runs.simbench(setting, "report", folder, *flags)
                checks.true(f"report {' '.join(flags[:1])} of a record whose {name} is damaged",
                            told.returncode == 64 and part in told.stderr and told.stderr.count("\n") == 1 and not told.stdout, told.stderr)
            checks.same(f"{name}: the report that was there is as it was", os.stat(f"{folder}/report.html").st_mtime_ns, before)
    two = runs.simbench(setting, "report", good, good, "--markdown", "-")
    checks.true("Markdown is of one run", two.returncode == 64 and "one run" in two.stderr, two.stderr)
    nothing = runs.simbench(setting, "report", "--schema", "nothing")
    checks.true("there are two schemas", nothing.returncode == 64 and "summary" in nothing.stderr, nothing.stderr)


def directories(checks, setting):
    refused = runs.simbench(setting, "run", "--profile", "smoke", "--out", "/proc/simbench/run")
    checks.true("a directory that cannot be made", refused.returncode == 69 and "cannot be written" in refused.stderr, refused.stderr)
    # An export whose name is taken: the run goes on, says so, and ends as it would have.
    for name in ("junit.xml", "summary.md"):
        folder = f"{setting.work}/taken-{name}"
        script = f'until [ -s "$1/events.log" ]; do sleep 0.02; done; mkdir "$1/{name}"'
        blocker = subprocess.Popen(["sh", "-c", script, "sh", folder])
        ran = runs.simbench(setting, "run", "--profile", "smoke", "--hold", "0.5s", "--out", folder)
        blocker.wait(timeout=10)
        with open(f"{folder}/events.log", encoding="utf-8") as file:
            events = file.read()
        checks.true(f"{name} cannot be written", ran.returncode == 0 and ran.stdout.startswith("passed") and f"{name} could not be written" in ran.stderr, ran.stderr)
        checks.true(f"{name}: events.log says so", f"{name} could not be written" in events, events)
        checks.true(f"{name}: nothing is left beside it", not [file for file in os.listdir(folder) if file.endswith(".part")], os.listdir(folder))


# A file system of so many KiB, in a mount namespace that ends with the shell; what the run left is told at the end.
TINY = """
set -e
mount -t tmpfs -o size=$1k,mode=755 simbench-tiny "$2"
shift
place=$1
shift
set +e
"$@" --out "$place/run"
status=$?
echo "files: $(ls "$place/run" 2>/dev/null | tr '\\n' ' ')" >&2
cat "$place/run/events.log" >&2 2>/dev/null
exit $status
"""


def full_disk(checks, setting):
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        return checks.skip("a full disk: no mount namespace can be made here")
    place = f"{setting.work}/tiny"
    os.mkdir(place)

    def on(kibibytes, *flags):
        command = [setting.simbench, "run", "--profile", "smoke", "--hold", "0.5s", *flags]
        return subprocess.run(["unshare", "-m", "sh", "-c", TINY, "sh", str(kibibytes), place, *command],
                              capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL)

    # No room for the plan: nothing is built.
    none = on(4)
    checks.true("no room for the plan", none.returncode == 69 and "No space left on device" in none.stderr and "--out" in none.stderr, none.stderr)
    # Room for the plan and some samples, and not for the rest. Each sample is a row; they are taken as fast as allowed.
    some = on(28, "--set", "sample_period=50ms", "--hold", "6s")
    checks.true("the run goes on when the disk is full", "passed" in some.stdout and "2,000 at peak" in some.stdout, some.stdout + some.stderr)
    checks.same("without its summary it has broken", some.returncode, 70)
    checks.true("stderr says what is missing", "summary.json could not be written: No space left on device" in some.stderr, some.stderr)
    quiet = on(28, "--set", "sample_period=50ms", "--hold", "6s", "--quiet")
    checks.true("even when it is quiet", quiet.returncode == 70 and "summary.json could not be written" in quiet.stderr and not quiet.stdout, quiet.stderr)
    left = runs.simbench(setting, "cleanup")
    checks.true("nothing is left behind", left.returncode == 0 and "Nothing was left behind" in left.stdout, left.stdout + left.stderr)

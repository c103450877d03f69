"""The dashboard of real runs, in headless Chromium and under siege.

Prints what fails, and in the end `N passed, N failed, N skipped`; the exit status is 0 when nothing failed.
`--screenshots FOLDER` leaves pictures of it, at desktop and phone width, in light and dark.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile

import chromium
import dashboard_page
import siege
from check import Checks
from dashboard_run import SECONDS


def taken(checks, setting):
    """A port that was asked for and is not free."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place = f"127.0.0.1:{other.getsockname()[1]}"
        folder = os.path.join(setting.work, "taken")
        command = [setting.simbench, "run", "--profile", "smoke", "--dashboard", place, "--out", folder]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    checks.same("a port in use ends the run before it begins", done.returncode, 69)
    checks.true("and is named", place in done.stderr and "in use" in done.stderr, done.stderr)
    checks.true("no record is begun", not os.path.exists(os.path.join(folder, "plan.json")))


def page(checks, setting):
    return chromium.drive(checks, setting, "the dashboard in Chromium", dashboard_page.look, checks, setting, seconds=6 * SECONDS)


GROUPS = {"taken": taken, "page": page, "siege": siege.besieged}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simbench", required=True, help="the program")
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group of tests; repeatable (default: all)")
    parser.add_argument("--screenshots", help="a folder for pictures of the page")
    setting = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="simbench-dashboard.", ignore_cleanup_errors=True) as work:
        setting.work = work
        for name in setting.only or GROUPS:
            checks.timed(name, GROUPS[name], checks, setting)
    return checks.conclude()


if __name__ == "__main__":
    sys.exit(main())

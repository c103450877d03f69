"""Real clients against `simbench target`, and `simbench worker` against real servers.

Prints what fails, and in the end `N passed, N failed, N skipped`; the exit status is 0 when nothing failed.
"""

import argparse
import os
import sys
import tempfile

import browser
import command
import conformance
import cowboy
import cutoff
import door
import hostile
import libraries
import node
import report
import servers
import tsung
from check import Checks
from halves import engines

GROUPS = {
    "libraries": libraries.run,
    "node": node.run,
    "python": servers.run,
    "echo": servers.echoed,
    "cowboy": cowboy.run,
    "command": command.run,
    "door": door.run,
    "hostile": hostile.run,
    "tsung": tsung.run,
    "browser": browser.run,
    "report": report.run,
    "cutoff": cutoff.run,
    "conformance": conformance.target,
    "workers": conformance.workers,
}
# What costs much and hardly differs between the engines runs on one of them.
ONCE = ("browser", "report", "cutoff", "tsung")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simbench", required=True, help="the program")
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group of tests; repeatable (default: all)")
    parser.add_argument("--engine", action="append", choices=["epoll", "io_uring"], help="repeatable (default: what works here)")
    parser.add_argument("--screenshot", help="where a picture of the chat page goes")
    parser.add_argument("--pictures", help="a folder for pictures of report.html")
    parser.add_argument("--report-of", help="the directory of a run whose report is looked at instead of a new one's")
    parser.add_argument("--cases", action="append", help="Autobahn cases for the workers, such as 1.*; repeatable (default: all)")
    parser.add_argument("--without-cases", action="append", default=[], help="cases to leave out there; repeatable")
    setting = parser.parse_args()
    setting.worker_cases, setting.worker_cases_left_out = setting.cases, setting.without_cases
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="simbench-clients.") as work:
        os.chmod(work, 0o755)
        setting.work = work
        chosen = setting.engine or engines(setting.simbench)
        for name in setting.only or GROUPS:
            for engine in chosen[-1:] if name in ONCE else chosen:
                checks.timed(f"{name} on {engine}", GROUPS[name], checks, setting, engine)
    return checks.conclude()


if __name__ == "__main__":
    sys.exit(main())

"""Exports of simbench, read by other programs' parsers.

Prints what fails, and in the end `N passed, N failed, N skipped`; the exit status is 0 when nothing failed.
"""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))

import formats  # noqa: E402
import readme  # noqa: E402
import runs  # noqa: E402
import terminal  # noqa: E402
import trouble  # noqa: E402
from check import Checks  # noqa: E402

GROUPS = {"formats": formats.run, "readme": readme.run, "trouble": trouble.run, "terminal": terminal.run}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simbench", required=True, help="the program")
    parser.add_argument("--root", required=True, help="the folder of the sources")
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group of tests; repeatable (default: all)")
    setting = parser.parse_args()
    setting.simbench = os.path.abspath(setting.simbench)
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="simbench-exports.") as work:
        setting.work = work
        setting.records = runs.Records(setting)
        for name in setting.only or GROUPS:
            checks.timed(name, GROUPS[name], checks, setting)
    return checks.conclude()


if __name__ == "__main__":
    sys.exit(main())

"""Counts what passed, failed and was skipped, and says only what failed or was skipped."""

import time
import traceback


class Checks:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def true(self, what, holds, detail=""):
        """Passes when it holds; returns whether it did."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}" + (f": {detail}" if detail else ""), flush=True)
        return bool(holds)

    def same(self, what, got, wanted):
        return self.true(what, got == wanted, f"{_short(got)} instead of {_short(wanted)}")

    def skip(self, what):
        self.skipped += 1
        print(f"skipped: {what}", flush=True)

    def guard(self, what, body, *arguments):
        """Runs a group of checks; whatever it throws is one failure, and the others go on."""
        try:
            return body(*arguments)
        except Exception as error:  # noqa: BLE001
            lines = traceback.format_exception_only(error)
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.true(what, False, f"{''.join(lines).strip()} ({place.filename.rsplit('/', 1)[-1]}:{place.lineno})")

    def timed(self, what, body, *arguments):
        """A group of checks, and a line on how long it took."""
        began = time.monotonic()
        self.guard(what, body, *arguments)
        print(f"# {what}: {time.monotonic() - began:.0f} s", flush=True)

    def conclude(self):
        """Prints the counts; returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "..."

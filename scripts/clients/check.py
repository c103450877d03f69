"""Counts what passed, failed and was skipped, and says only what failed or was skipped."""

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


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "..."

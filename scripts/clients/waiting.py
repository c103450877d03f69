"""Waiting for what others do, and not for ever."""

import time

SECONDS = 60


def patiently(holds, seconds=SECONDS):
    """Waits until it holds; whether it does in the end."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True

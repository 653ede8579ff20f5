"""Waits for conditions."""

import time


def wait_for(what, ready, seconds=60):
    """Waits until a condition holds, and returns its value."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = ready()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")

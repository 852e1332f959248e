"""Waiting for a condition, never for an amount of time."""

import time


def eventually(ask, what: str, *, within: float = 15.0):
    """Asks until the answer is true, and returns it. An AssertionError inside counts as "not yet" and is told at the end."""
    deadline, pause, last = time.monotonic() + within, 0.005, None
    while True:
        try:
            answer = ask()
            if answer:
                return answer
            last = answer
        except AssertionError as problem:
            last = problem
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s in vain: {what} (last seen: {last})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)

"""The part of the fault harness that every build runs: few hurts, a random seed that a failure names. More by hand: run.py."""

import os
import secrets
import unittest

from .hurts import ON_ANY, ON_SERVERS
from .run import Stage


class Faults(unittest.TestCase):
    def holds(self, hurts: list, times: int) -> None:
        seed = int(os.environ.get("USHER_TEST_SEED", secrets.randbelow(1_000_000)))
        stage = Stage(seed, os.environ.get("USHER_TEST_DATABASE", "sqlite"))
        self.addCleanup(stage.close)
        said: list[str] = []
        wrong = stage.act(hurts, times, said.append)
        self.assertEqual([], wrong[:20], f"seed {seed}: {said}\n{stage.usher.tail()}")

    def test_killed_and_stopped_under_load_every_promise_holds(self):
        self.holds([ON_ANY["kill"], ON_ANY["kill"], ON_ANY["stop"], ON_ANY["stumble"], ON_ANY["freeze"]], 10)

    def test_with_the_database_hurt_every_promise_holds(self):
        if os.environ.get("USHER_TEST_DATABASE", "sqlite") == "sqlite":
            self.skipTest("SQLite has no server")
        self.holds(list(ON_SERVERS.values()), 6)


if __name__ == "__main__":
    unittest.main()

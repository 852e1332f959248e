"""Hurts an installation under mixed load and checks the books.

    python3 -m tests.faults.run [--database sqlite|postgresql|mariadb] [--hurt kill,stop,...] [--times N] [--seed S]

The seed is printed; the same seed does the same hurts and the same choices, at the pace of the machine. Ends with 1 when a
promise was broken, and says which."""

import argparse
import os
import random
import secrets
import sys
import threading

from tests.doubles.open.peer import Webhook
from tests.harness import settings
from tests.harness.usher import Usher

from .books import Books
from .hurts import ON_ANY, ON_SERVERS
from .load import Load
from .servers import Server


class Stage:
    """One installation, its load, and what is done to it."""

    freeze_s = 3  # the longest time for which a database stands still

    def __init__(self, seed: int, database: str = "sqlite"):
        self.seed, self.random, self.webhook = seed, random.Random(seed), Webhook()
        self.server = None if database == "sqlite" else Server(database)
        if self.server:
            name, value = self.server.setting
            os.environ[name] = value
        self.usher = Usher(
            database=database, undo_window_seconds=1,
            accounts=[settings.open_account("shop", self.webhook.url, delays_s=(1, 1, 2, 2, 4, 4)),
                      {"id": "web", "channel": "livechat", "config": {"allowed_origins": ["*"]}}])
        try:
            self.usher.start()
            inbox = next(one["id"] for one in self.usher.admin.get("/inboxes").data if one["isDefault"])
            agents = [self.usher.person(name, "agent", inboxes=[inbox]).login().available() for name in ("Ada", "Ben", "Cleo")]
            self.load = Load(self.usher, agents, seed)
        except BaseException:
            self.close()
            raise

    def pause(self, seconds: float) -> None:
        threading.Event().wait(seconds)

    def act(self, hurts: list, times: int, told=lambda text: None) -> list[str]:
        """Everything that is wrong at the end."""
        self.load.start()
        for number in range(times):
            self.pause(0.3 + self.random.random())
            hurt = self.random.choice(hurts)
            told(f"{number + 1}/{times} {hurt.__name__}")
            hurt(self)
        self.pause(0.5)
        self.load.stop()
        books = Books(self.usher, self.load, self.webhook, may_reset=any(hurt in ON_SERVERS.values() for hurt in hurts))
        wrong = books.close()
        self.load.end()
        journal = self.load.journal
        told(f"{sum(map(len, journal.acknowledged.values()))} messages acknowledged, {journal.repeats} sent again, "
             f"{len(journal.accepted)} replies accepted, {len(journal.undone)} undone, "
             f"{len(self.load.watcher.received)} seen by the watcher")
        return wrong

    def close(self) -> None:
        if self.server and self.server.process.poll() is not None:
            self.server.start()  # the end of the installation wants to drop its database
        self.usher.close()
        if self.server:
            self.server.close()
        self.webhook.close()


def main() -> int:
    known = ON_ANY | ON_SERVERS
    parser = argparse.ArgumentParser(prog="tests.faults.run")
    parser.add_argument("--database", default=os.environ.get("USHER_TEST_DATABASE", "sqlite"))
    parser.add_argument("--hurt", default="kill", help="of " + ", ".join(known))
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--freeze", type=float, default=Stage.freeze_s, help="longest time a database stands still, in seconds")
    options = parser.parse_args()
    unknown = [name for name in options.hurt.split(",") if name not in known]
    if unknown:
        parser.error(f"--hurt {unknown[0]}: expected some of {', '.join(known)}")
    print(f"seed {options.seed}", flush=True)
    Stage.freeze_s = options.freeze
    stage = Stage(options.seed, options.database)
    try:
        wrong = stage.act([known[name] for name in options.hurt.split(",")], options.times, lambda text: print(text, flush=True))
        for line in wrong[:50]:
            print("WRONG:", line, flush=True)
        if wrong:
            print(stage.usher.tail(), file=sys.stderr)
        print(f"{len(wrong)} promises broken")
        return 1 if wrong else 0
    finally:
        stage.close()


if __name__ == "__main__":
    sys.exit(main())

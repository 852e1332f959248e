"""What all rows share: the daemon under load, the load generator, interleaved runs, and the figures' table."""

import json
import os
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness import settings
from tests.harness.usher import Usher

from .servers import cpu_of

SECRET = "oc-test-secret-of-32-bytes-and-more"
# One address and few accounts send everything here: what guards against that elsewhere is out of the way.
LIMITS = {"requests_per_s": 1_000_000, "connections": 19_000, "connections_per_address": 19_000}


def program(name: str) -> str:
    """Of the build that the daemon is from, or beside it."""
    return os.environ.get(f"{name.upper()}") or str(settings.daemon().parent / name)


def open_accounts(count: int, *, inbox=None) -> list[dict]:
    return [{"id": f"bench-{n}", "channel": "open", "config": {"inbound": {"secrets": [f"k1:{SECRET}"], "rate_per_s": 10_000}},
             **({"inbox": inbox(n)} if inbox else {})} for n in range(count)]


class Daemon(Usher):
    """Usher as it is installed, but for the limits above."""

    def __init__(self, database: str, *, accounts=(), extra: dict | None = None, undo_window_seconds: int = 0):
        more = dict(extra or {})
        more["limits"] = {**LIMITS, **more.get("limits", {})}
        super().__init__(accounts=accounts, database=database, extra=more, undo_window_seconds=undo_window_seconds)

    def __enter__(self) -> "Daemon":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def cpu(self) -> float:
        return cpu_of(self.process.pid)

    def rss(self) -> int:
        """Bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")


def load(what: str, **options) -> dict:
    """One run of the load generator."""
    words = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]
    ran = subprocess.run([program("usher_bench_load"), what, *words], capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{what}: {ran.stderr.strip()}")
    return json.loads(ran.stdout.splitlines()[-1])


class Sockets:
    """The load generator holding WebSockets open; told what to do line by line."""

    def __init__(self, **options):
        words = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]
        self.process = subprocess.Popen([program("usher_bench_load"), "sockets", *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.opened = self._answer()

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"sockets: {self.process.stderr.read().strip()}")
        return json.loads(line)

    def tell(self, line: str) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def __enter__(self) -> "Sockets":
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def interleaved(rounds: int, *subjects) -> list[list]:
    """A B A B ...: what each gave in each round."""
    found: list[list] = [[] for _ in subjects]
    for _ in range(rounds):
        for index, subject in enumerate(subjects):
            found[index].append(subject())
    return found


def median(runs: list[dict], name: str) -> float:
    return statistics.median(run[name] for run in runs)


@dataclass
class Row:
    """One line of the table. `met` None: a figure without a goal."""
    name: str
    ours: str
    reference: str = "-"
    ratio: float | None = None
    goal: str = "-"
    met: bool | None = None
    detail: dict = field(default_factory=dict)


@dataclass
class Context:
    quick: bool = False
    report: list[Row] = field(default_factory=list)
    rounds: int = 3
    seconds: float = 3

    def add(self, row: Row) -> None:
        self.report.append(row)
        print(line_of(row), flush=True)


HEAD = ("what", "ours", "reference", "ratio", "goal", "met")


def cells(row: Row) -> tuple[str, ...]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return (row.name, row.ours, row.reference, ratio, row.goal, {None: "-", True: "yes", False: "no"}[row.met])


def line_of(row: Row) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells(row), (52, 34, 34, 6, 12, 4))).rstrip()


def table(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD)]
    return "\n".join(lines + ["| " + " | ".join(cells(row)) + " |" for row in rows])

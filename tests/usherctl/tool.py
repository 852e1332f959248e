"""Runs usherctl: of the build that $USHER_DAEMON belongs to."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.harness import settings

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    code: int
    out: str
    err: str


def build() -> Path:
    """The build folder."""
    return settings.daemon().parents[1].resolve()


def tool() -> Path:
    return build() / "bin" / "usherctl"


def run(program, *arguments, cwd=None, environment=None, limit: int = 300) -> Ran:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("USHER_")}
    done = subprocess.run([str(program), *map(str, arguments)], cwd=cwd, env=clean | (environment or {}), capture_output=True,
                          timeout=limit, stdin=subprocess.DEVNULL)
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def usherctl(*arguments, **more) -> Ran:
    return run(tool(), *arguments, **more)

"""The harness for tests in other languages: one JSON object per line, in and out.

    python3 -m tests.harness.serve

The first line says what to start: {"accounts": [...], "undoWindowSeconds": 5, "database": "sqlite", "presets": true,
"extra": {...}, "arguments": [...]}. Each further line is a command: {"do": "kill" | "start" | "restart" | "stop" | "log"}.
Every line is answered by one. The end of input stops the daemon and removes everything."""

import json
import sys

from . import settings
from .usher import Usher


def told(usher: Usher) -> dict:
    return {"url": usher.url, "publicUrl": usher.public_url, "folder": str(usher.folder), "database": usher.database.kind,
            "adminEmail": settings.ADMIN_EMAIL, "adminPassword": settings.ADMIN_PASSWORD, "adminKey": settings.ADMIN_KEY}


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    usher = Usher(accounts=asked.get("accounts", []), undo_window_seconds=asked.get("undoWindowSeconds", 0),
                  database=asked.get("database"), extra=asked.get("extra"), arguments=asked.get("arguments", []),
                  presets=asked.get("presets", True))
    commands = {"start": usher.start, "kill": usher.kill, "stop": usher.stop, "restart": lambda: usher.restart(hard=True),
                "log": lambda: None}
    try:
        answer(told(usher.start()))
        for line in sys.stdin:
            command = json.loads(line)["do"]
            commands[command]()
            answer(told(usher) | ({"log": usher.log} if command == "log" else {}))
    finally:
        usher.close()


def answer(value: dict) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    try:
        main()
    except BaseException as problem:  # told to the test, which knows no other way to hear of it
        answer({"problem": f"{type(problem).__name__}: {problem}", "missing": type(problem).__name__ == "SkipTest"})
        raise SystemExit(1) from None

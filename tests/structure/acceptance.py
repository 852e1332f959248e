#!/usr/bin/env python3
"""Keeps tests/acceptance.md and the tests' own marks (`// proves S4-05`) in step.

    tests/structure/acceptance.py            says every difference; exit status 1 if there is any
    tests/structure/acceptance.py --write    writes the right column anew from the marks
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from sources import files  # noqa: E402

RANGES = {"S0": (1, 71), "S1": (1, 47), "S2": (1, 48), "S3": (1, 45), "S4": (1, 38), "X-PM": (10, 18), "X-DF": (1, 10)}
IDS = [f"{area}-{number:02}" for area, (first, last) in RANGES.items() for number in range(first, last + 1)]

ID = r"(?:S[0-4]|X-PM|X-DF)-\d{2}"
ROW = re.compile(rf"^\| (?P<id>{ID}) \| (?P<text>.*) \| (?P<proof>[^|]*) \|$")
MARK = re.compile(r"(?://|#|/\*|<!--|\*)\s*proves\s+(?P<ids>[^\n]*)")
SUFFIXES = ("_test.cpp", "_test.c", ".py", ".mjs", ".test.ts", ".test.js", "_test.hpp", ".test.mjs", ".sh")


def expand(text: str) -> list[str]:
    """The ids in a mark; `S2-43..48` and `S2-43..S2-48` are ranges. Anything else ends the list."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip()):
        span = re.fullmatch(rf"({ID})\.\.(?:(?:S[0-4]|X-PM|X-DF)-)?(\d{{2}})[.:]?", word)
        one = re.fullmatch(rf"({ID})[.:)]?(?:\*/|-->)?", word)
        if span:
            area, first = span.group(1).rsplit("-", 1)
            found += [f"{area}-{number:02}" for number in range(int(first), int(span.group(2)) + 1)]
        elif one:
            found.append(one.group(1))
        else:
            break
    return found


def marks(root: Path) -> dict[str, list[str]]:
    """Id -> the files that say they prove it."""
    proved: dict[str, list[str]] = {}
    for path in files(root, under=("kernel", "sdk", "plugins", "tests"), suffixes=SUFFIXES):
        if path.parent == root / "tests" / "structure":
            continue
        name = path.relative_to(root).as_posix()
        for mark in MARK.finditer(path.read_text(encoding="utf-8")):
            for id in expand(mark.group("ids")):
                if name not in proved.setdefault(id, []):
                    proved[id].append(name)
    return proved


def rows(text: str) -> dict[str, list[str]]:
    """Id -> the proofs its lines name, one entry per line that has the id."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            found.setdefault(row.group("id"), []).append(row.group("proof").strip())
    return found


def proof(names: list[str]) -> str:
    return "<br>".join(f"`{name}`" for name in sorted(names)) if names else "missing"


def check(root: Path) -> list[str]:
    text = (root / "tests" / "acceptance.md").read_text(encoding="utf-8")
    listed, proved, problems = rows(text), marks(root), []
    for id in IDS:
        if len(listed.get(id, [])) != 1:
            problems.append(f"tests/acceptance.md: {id} stands there {len(listed.get(id, []))} times, expected once")
        elif listed[id][0] != proof(proved.get(id, [])):
            problems.append(f"tests/acceptance.md: {id} says {listed[id][0]}, its tests say {proof(proved.get(id, []))}")
    for id in listed:
        if id not in IDS:
            problems.append(f"tests/acceptance.md: {id} is no line of the list")
    for id, names in proved.items():
        if id not in IDS:
            problems.append(f"{names[0]}: says that it proves {id}, which is no line of tests/acceptance.md")
    return problems


def write(root: Path) -> None:
    path, proved = root / "tests" / "acceptance.md", marks(root)
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row:
            line = f"| {row.group('id')} | {row.group('text')} | {proof(proved.get(row.group('id'), []))} |"
        lines.append(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    root = Path(arguments[0] if arguments else Path(__file__).parents[2]).resolve()
    if "--write" in sys.argv:
        write(root)
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("tests/structure/acceptance.py --write brings the right column up to date", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

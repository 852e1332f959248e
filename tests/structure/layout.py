#!/usr/bin/env python3
"""What may stand where. Fails on

* an #include in kernel/ that goes up, or sideways to another folder of the same floor;
* an #include of a kernel header in sdk/ or plugins/: they see the SDK alone;
* SOCI, Beast or spdlog outside the folders that wrap them;
* co_await inside ?: and lambdas made inside a co_await expression (GCC 12 compiles both wrongly, without a warning);
* a top-level entry that is not on the list.

    tests/structure/layout.py [ROOT]     prints file:line: what is wrong; exit status 1 if anything is
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from sources import code_only, files  # noqa: E402

FLOORS = {
    "foundation": 0,
    "model": 1, "config": 1,
    "store": 2, "blobs": 2, "net": 2, "http": 2,
    "cluster": 3, "feed": 3,
    "access": 4, "plugins": 4,
    "desk": 5,
    "inbound": 6, "outbound": 6, "routing": 6, "analytics": 6,
    "automation": 7, "provisioning": 7,
    "api": 8,
    "app": 9,
}

HOMES = {  # what an include begins with -> the kernel folders that may have it
    "soci/": ("store",), "soci.h": ("store",),
    "boost/beast": ("http", "net"),
    "spdlog/": ("foundation",),
}

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "kernel", "plugins", "sdk", "config",
             "packaging", "tests"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
SUFFIXES = (".hpp", ".cpp", ".h", ".c", ".ipp")


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def check_include(root: Path, path: Path, name: str, quoted: bool) -> str | None:
    parts = path.relative_to(root).parts
    folder = parts[1] if parts[0] == "kernel" and len(parts) > 2 else None
    for prefix, homes in HOMES.items():
        if name.startswith(prefix) and folder not in homes:
            return f"<{name}> belongs in kernel/{' and kernel/'.join(homes)} only"
    if not quoted:
        if name.split("/")[0] in FLOORS and (root / "kernel" / name).exists():
            return f'write "{name}" with quotes: it is a kernel header'
        return None
    if ".." in Path(name).parts:
        return f'"{name}": includes start at kernel/, not at ".."'
    target = Path(name).parts[0] if len(Path(name).parts) > 1 else None
    if folder is None:
        if target in FLOORS and (root / "kernel" / name).exists() and not (path.parent / name).exists():
            return f'"{name}" is a kernel header; {parts[0]}/ sees <usher/...> alone'
        return None
    if target is None:
        if (path.parent / name).exists():
            return f'write "{folder}/{name}": includes start at kernel/'
        return None
    if target not in FLOORS or target == folder:
        return None
    if FLOORS[target] < FLOORS[folder]:
        return None
    way = "sideways" if FLOORS[target] == FLOORS[folder] else "up"
    return f'"{name}" goes {way}: {folder} stands on floor {FLOORS[folder]}, {target} on {FLOORS[target]}'


def conditional_awaits(code: str):
    """Positions of every `?` whose conditional expression holds a co_await. Works on text without comments and strings:
    the expression reaches from the operator or bracket before the condition to the bracket, comma or semicolon after."""
    if "co_await" not in code:
        return
    for match in re.finditer(r"\?", code):
        start, depth = match.start(), 0
        while start > 0:
            char = code[start - 1]
            if char in ")]":
                depth += 1
            elif char in "([":
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and (char in ";{},"
                                 or (char == "=" and code[start - 2] not in "=!<>" and code[start] != "=")):
                break
            start -= 1
        end, depth = match.end(), 0
        while end < len(code):
            char = code[end]
            if char in "([{":
                depth += 1
            elif char in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and char in ";,":
                break
            end += 1
        if re.search(r"\bco_await\b", code[start:end]):
            yield match.start()


def awaited_lambdas(code: str):
    """Positions of every lambda with captures that is made inside a co_await expression. Works on text without comments and strings:
    from the co_await to the end of its statement (or of the parentheses around it), and not inside a nested body."""
    for match in re.finditer(r"\bco_await\b", code):
        depth = 0
        position = match.end()
        while position < len(code):
            char = code[position]
            if char in "({":
                depth += 1
            elif char in ")}":
                depth -= 1
                if depth < 0:
                    break
            elif char == ";" and depth == 0:
                break
            elif char == "[" and re.search(r"[(,={&|?:]\s*$|\breturn\s*$", code[match.end():position]):
                close = code.find("]", position)
                captures = code[position + 1:close].strip()  # without any there is nothing to destroy
                if close > 0 and captures and re.match(r"\]\s*(\(|mutable|\{|->)", code[close:]):
                    yield position
                    break
            position += 1


def check(root: Path) -> list[str]:
    problems = []

    def report(path: Path, line: int, what: str):
        problems.append(f"{path.relative_to(root)}:{line}: {what}")

    for entry in sorted((root / "kernel").iterdir()) if (root / "kernel").is_dir() else []:
        if entry.is_dir() and entry.name not in FLOORS:
            problems.append(f"kernel/{entry.name}: has no floor; known are {', '.join(FLOORS)}")
    for path in files(root, under=("kernel", "sdk", "plugins"), suffixes=SUFFIXES):
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            wrong = check_include(root, path, match.group(1) or match.group(2), match.group(1) is not None)
            if wrong:
                report(path, line_of(text, match.start()), wrong)
        code = code_only(text)
        for position in conditional_awaits(code):
            report(path, line_of(code, position), "co_await inside ?: is compiled wrongly by GCC 12; use if")
        for position in awaited_lambdas(code):
            report(path, line_of(code, position), "a lambda made inside a co_await expression is destroyed twice by GCC 12; name it first")
    for entry in top_level(root):
        if entry not in TOP_LEVEL and not entry.startswith("."):
            problems.append(f"{entry}: the top level holds {', '.join(sorted(TOP_LEVEL))} and dotfiles only")
    return problems


def top_level(root: Path) -> list[str]:
    """Entries at the top that are not ignored by git; all of them where this is no git checkout."""
    names = sorted(entry.name for entry in root.iterdir())
    asked = subprocess.run(["git", "-C", str(root), "check-ignore", "--stdin"], text=True, capture_output=True,
                           input="".join(f"{name}{'/' if (root / name).is_dir() else ''}\n" for name in names))
    ignored = {line.rstrip("/") for line in asked.stdout.splitlines()}
    return [name for name in names if name not in ignored and name != "build"]


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

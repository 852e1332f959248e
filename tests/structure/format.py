#!/usr/bin/env python3
"""Every C and C++ file stands as .clang-format (Debian's clang-format 14) would write it.

    tests/structure/format.py            names the files that do not; exit status 1 if there are any
    tests/structure/format.py --write    rewrites them
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from sources import files  # noqa: E402


def main() -> int:
    root = Path(__file__).parents[2]
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        print("clang-format is not installed (Debian's package clang-format)", file=sys.stderr)
        return 77
    names = [str(path) for path in files(root, under=("kernel", "sdk", "plugins", "tests"),
                                         suffixes=(".hpp", ".cpp", ".h", ".c", ".ipp"))]
    if "--write" in sys.argv:
        return subprocess.run([tool, "-i", "--style=file", *names]).returncode if names else 0
    wrong = []
    for at in range(0, len(names), 40):
        some = names[at:at + 40]
        if subprocess.run([tool, "--dry-run", "-Werror", "--style=file", *some], capture_output=True).returncode:
            wrong += [name for name in some
                      if subprocess.run([tool, "--dry-run", "-Werror", "--style=file", name], capture_output=True).returncode]
    for name in wrong:
        print(f"{Path(name).relative_to(root)}: not as clang-format would write it", file=sys.stderr)
    if wrong:
        print("tests/structure/format.py --write does", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

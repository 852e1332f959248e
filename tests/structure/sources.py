"""The files of this project, and C++ text without its comments and strings. For the checks beside this file."""

import os
import re
from pathlib import Path

SKIPPED = {"build", "node_modules", ".git", ".svelte-kit", "dist", "__pycache__", "third_party"}


def files(root: Path, *, under: tuple[str, ...], suffixes: tuple[str, ...]):
    """Every file below root's folders `under` whose name ends as asked, in a stable order."""
    for top in under:
        for folder, names, found in os.walk(root / top):
            names[:] = sorted(name for name in names if name not in SKIPPED)
            for name in sorted(found):
                if name.endswith(suffixes):
                    yield Path(folder) / name


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


def code_only(text: str) -> str:
    """C++ with comments and literals blanked; line numbers stay."""

    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group(0))

    return _TOKEN.sub(blank, text)

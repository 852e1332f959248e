"""What the SDK's documents show is true: their C++ and C compile as it stands there, their JSON is JSON."""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.usherctl.tool import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = [ROOT / "sdk/README.md", ROOT / "sdk/ABI.md", ROOT / "sdk/examples/README.md"]
COMPILERS = {"cpp": ["g++", "-std=c++20", "-x", "c++"], "c": ["gcc", "-std=c11", "-x", "c"]}


def blocks(language: str):
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            if match.group(1) == language:
                yield f"{document.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 2}", match.group(2)


class Snippets(unittest.TestCase):
    def test_code_compiles(self):
        found = 0
        for language, compiler in COMPILERS.items():
            for place, text in blocks(language):
                found += 1
                with self.subTest(place), tempfile.TemporaryDirectory() as folder:
                    source = Path(folder, "snippet")
                    source.write_text(text, encoding="utf-8")
                    done = subprocess.run([*compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'sdk/include'}",
                                           str(source)], capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(found, 2)

    def test_json_is_json(self):
        found = [(place, text) for place, text in blocks("json")]
        self.assertGreaterEqual(len(found), 3)
        for place, text in found:
            with self.subTest(place):
                json.loads(text)

    def test_what_the_kit_points_at_is_there(self):
        titles = set(re.findall(r"^#+ (.*)$", (ROOT / "sdk/ABI.md").read_text(encoding="utf-8"), re.MULTILINE))
        kit = (ROOT / "sdk/conformance/include/usher/conformance/report.hpp").read_text(encoding="utf-8")
        places = re.findall(r'"sdk/ABI\.md, ([^;("]+)', kit)
        self.assertGreater(len(places), 10)
        for place in places:
            self.assertTrue(any(title.startswith(place.strip()) for title in titles), f"ABI.md has no section {place!r}")


if __name__ == "__main__":
    unittest.main()

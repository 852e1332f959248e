"""The acceptance check sees lines lost, doubled, claimed without a test, and proved without being listed."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import acceptance  # noqa: E402


class Acceptance(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="usher-acceptance-")).resolve()
        self.addCleanup(shutil.rmtree, self.root)
        self.lines = {id: "missing" for id in acceptance.IDS}
        (self.root / "tests").mkdir()

    def problems(self) -> str:
        text = "".join(f"| {id} | what {id} says | {proof} |\n" for id, proof in self.lines.items())
        (self.root / "tests" / "acceptance.md").write_text(text)
        return "\n".join(acceptance.check(self.root))

    def mark(self, text: str, name: str = "kernel/model/status_test.cpp"):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_nothing_proved_and_nothing_claimed_is_consistent(self):
        self.assertEqual("", self.problems())

    def test_a_mark_must_be_in_the_list(self):
        self.mark("// proves S2-47 S2-48\n")
        self.assertIn("S2-47 says missing, its tests say `kernel/model/status_test.cpp`", self.problems())
        self.lines["S2-47"] = self.lines["S2-48"] = "`kernel/model/status_test.cpp`"
        self.assertEqual("", self.problems())

    def test_a_claim_without_its_test_is_found(self):
        self.lines["S0-05"] = "`tests/scenarios/gone.py`"
        self.assertIn("S0-05 says `tests/scenarios/gone.py`, its tests say missing", self.problems())

    def test_a_lost_line_and_an_unknown_one_are_found(self):
        del self.lines["S3-45"]
        self.lines["S4-39"] = "missing"
        self.assertIn("S3-45 stands there 0 times", self.problems())
        self.assertIn("S4-39 is no line of the list", self.problems())

    def test_a_doubled_line_is_found(self):
        path = self.root / "tests" / "acceptance.md"
        self.problems()
        path.write_text(path.read_text() + "| S1-01 | again | missing |\n")
        self.assertIn("S1-01 stands there 2 times", "\n".join(acceptance.check(self.root)))

    def test_a_mark_that_names_no_line_is_found(self):
        self.mark("# proves S9-01 nothing\n# proves X-PM-99\n", "tests/scenarios/a.py")
        self.assertIn("proves X-PM-99, which is no line", self.problems())

    def test_ranges_and_trailing_words_are_read(self):
        self.assertEqual(["S2-43", "S2-44", "S2-45"], acceptance.expand("S2-43..45 by the API"))
        self.assertEqual(["S4-28", "X-DF-01"], acceptance.expand("S4-28, X-DF-01: the list"))

    def test_write_brings_the_list_up_to_date(self):
        self.mark("// proves X-PM-10..11\n")
        self.assertNotEqual("", self.problems())
        acceptance.write(self.root)
        self.assertEqual([], acceptance.check(self.root))


if __name__ == "__main__":
    unittest.main()

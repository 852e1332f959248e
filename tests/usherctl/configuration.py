"""usherctl config. Wrong YAML, one file per way of being wrong: <name>.yaml is answered with exactly <name>.expected, by
usherctl and by the daemon, in kernel/config/testdata (what loading finds) and in wrong/ (what plugins and files add).

USHER_WRITE_EXPECTED=1 writes the answers of wrong/ instead, to be read before they are committed.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path

from tests.harness import settings
from tests.usherctl.tool import ROOT, run, usherctl

FOLDERS = (ROOT / "kernel/config/testdata", ROOT / "tests/usherctl/wrong")
AROUND = {"TEST_PORT": "8081", "TEST_TEXT": "a-secret-that-no-error-may-show"}


def cases():
    return [file for folder in FOLDERS for file in sorted(folder.glob("*.yaml"))]


class WrongYaml(unittest.TestCase):
    maxDiff = None

    def test_there_are_forty(self):
        self.assertGreaterEqual(len(cases()), 40)

    def test_every_fault_is_told_at_its_place(self):
        for file in cases():
            with self.subTest(file.name):
                ran = usherctl("config", "check", file.name, cwd=file.parent, environment=AROUND)
                told, _, summary = ran.err.rstrip("\n").rpartition("\n")
                self.assertEqual(ran.code, 1, ran.err)
                self.assertRegex(summary, r"^\d+ faults? to mend; the daemon does not start with this configuration\.$")
                self.assertEqual(int(summary.split()[0]), len(told.splitlines()))
                self.assertNotIn("a-secret", ran.err)
                self.assertEqual(ran.out, "")
                expected = file.with_suffix(".expected")
                if os.environ.get("USHER_WRITE_EXPECTED") and file.parent == FOLDERS[1]:
                    expected.write_text(told + "\n", encoding="utf-8")
                self.assertEqual(told + "\n", expected.read_text(encoding="utf-8"))

    def test_the_daemon_refuses_them_in_the_same_words(self):
        for file in cases():
            with self.subTest(file.name), tempfile.TemporaryDirectory() as data:
                ran = run(settings.daemon(), "--config", file.name, "--data", Path(data) / "data", cwd=file.parent,
                          environment=AROUND, limit=60)
                self.assertEqual(ran.code, 1)
                told = ran.err[ran.err.index("usherd: ") + len("usherd: "):]
                self.assertEqual(told, file.with_suffix(".expected").read_text(encoding="utf-8"))


class Check(unittest.TestCase):
    def test_what_is_shipped_is_good(self):
        environment = {"DB_PASSWORD": "x", "SHOP_SECRET": "k1:" + "a" * 32, "SHOP_OUT_SECRET": "k1:" + "a" * 32}
        ran = usherctl("config", "check", ROOT / "config/usher.yaml", environment=environment)
        self.assertEqual((ran.code, ran.err), (0, ""), ran.err)
        self.assertRegex(ran.out, r"^The configuration is good: \d+ plugins, 0 accounts, 0 configured extensions\.\n$")

    def test_without_a_file_the_defaults_are_good(self):
        self.assertEqual(usherctl("config", "check").code, 0)

    def test_a_file_that_is_not_there(self):
        ran = usherctl("config", "check", "/nonexistent/usher.yaml")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.err.startswith("/nonexistent/usher.yaml: the file /nonexistent/usher.yaml cannot be read: "
                                           "No such file or directory\n"), ran.err)

    def test_files_are_laid_over_one_another(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a", "b"):
                Path(folder, name + ".yaml").write_text("accounts:\n  - {id: website, channel: livechat}\n", encoding="utf-8")
            ran = usherctl("config", "check", "a.yaml", "b.yaml", cwd=folder)
            self.assertEqual(ran.err.splitlines()[0],
                             "b.yaml:2:10: accounts[1].id: an account has this id already, at a.yaml:2:10")

    def test_a_wrong_command_line_is_another_thing_than_a_fault(self):
        for arguments in (["config"], ["config", "chekc"], ["config", "check", "--no-such-option"], []):
            with self.subTest(arguments):
                self.assertEqual(usherctl(*arguments).code, 2)
        self.assertEqual(usherctl("--version").code, 0)
        self.assertIn("config", usherctl("--help").out)


class Show(unittest.TestCase):
    YAML = """\
log: {level: warn}
store: {url: "postgresql://host=db dbname=usher password=very-secret-1"}
secret_key: ${KEY}
accounts:
  - id: shop
    channel: open
    config:
      inbound:
        secrets: ["k1:very-secret-2-very-secret-2-very"]
        max_skew_s: 60
  - id: website
    channel: livechat
    config: {title: "Ask: us", identity_secret: "${IDENTITY}"}
"""
    AROUND = {"KEY": "A" * 43, "IDENTITY": "very-secret-3-very-secret-3-very-secret"}

    def show(self, folder, *more):
        Path(folder, "usher.yaml").write_text(self.YAML, encoding="utf-8")
        return usherctl("config", "show", "usher.yaml", *more, cwd=folder, environment=self.AROUND)

    def test_what_holds_and_where_it_was_set(self):
        with tempfile.TemporaryDirectory() as folder:
            ran = self.show(folder)
        self.assertEqual(ran.code, 0, ran.err)
        self.assertRegex(ran.out, r"(?m)^  level: warn +# usher\.yaml:1:14$")
        self.assertRegex(ran.out, r"(?m)^  format: text$")
        self.assertRegex(ran.out, r'(?m)^      title: "Ask: us" +# usher\.yaml:13:21$')
        self.assertRegex(ran.out, r"(?m)^        max_skew_s: 60 +# usher\.yaml:10:21$")
        self.assertRegex(ran.out, r"(?m)^        rate_per_s: 50")  # the plugin's own default

    def test_no_secret_is_shown(self):
        with tempfile.TemporaryDirectory() as folder:
            for form in ([], ["--json"]):
                ran = self.show(folder, *form)
                self.assertEqual(ran.code, 0, ran.err)
                for secret in ("very-secret", "A" * 20):
                    self.assertNotIn(secret, ran.out + ran.err)
                self.assertIn("***", ran.out)

    def test_json_is_json(self):
        with tempfile.TemporaryDirectory() as folder:
            shown = json.loads(self.show(folder, "--json").out)
        self.assertEqual(shown["accounts"][0]["config"]["inbound"]["secrets"], "***")
        self.assertEqual(shown["store"]["url"], "***")
        self.assertEqual(shown["settings"]["session_hours"], 12)

    def test_what_is_shown_is_a_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "shown.yaml").write_text(usherctl("config", "show").out, encoding="utf-8")
            ran = usherctl("config", "check", "shown.yaml", cwd=folder)
            self.assertEqual((ran.code, ran.err), (0, ""))

    def test_faults_come_first(self):
        ran = usherctl("config", "show", "unknown-key.yaml", cwd=FOLDERS[0])
        self.assertEqual((ran.code, ran.out), (1, ""))


class Schema(unittest.TestCase):
    def test_the_file_for_editors_is_what_the_program_prints(self):
        ran = usherctl("config", "schema")
        self.assertEqual(ran.code, 0)
        self.assertEqual(ran.out, (ROOT / "config/usher.schema.json").read_text(encoding="utf-8"),
                         "usherctl config schema > config/usher.schema.json")

    def test_it_names_and_closes_everything(self):
        schema = json.loads(usherctl("config", "schema").out)
        self.assertFalse(schema["additionalProperties"])
        level = schema["properties"]["log"]["properties"]["level"]
        self.assertEqual(level["enum"], ["debug", "info", "warn", "error", None])
        self.assertIn("description", schema["properties"]["accounts"]["items"]["properties"]["channel"])
        self.assertNotIn("additionalProperties", schema["properties"]["accounts"]["items"]["properties"]["config"])


if __name__ == "__main__":
    unittest.main()

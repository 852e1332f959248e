"""usherctl doctor: an installation that is well, and each thing that is not, with what to do."""

import json
import os
import socket
import tempfile
import unittest
from pathlib import Path

from tests.harness.usher import Usher, free_ports
from tests.usherctl.tool import usherctl


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ports = free_ports(2)

    def look(self, yaml: str = "", code: int | None = None, **more) -> list[dict]:
        config = self.folder / "usher.yaml"
        if not config.exists() or yaml:
            config.write_text(yaml or "{}\n", encoding="utf-8")
            config.chmod(0o600)
        arguments = ["--config", config, "--data", self.folder / "data", "--port", self.ports[0], "--public-port", self.ports[1]]
        ran = usherctl("doctor", "--json", *arguments, **more)
        self.assertEqual(ran.err, "")
        if code is not None:
            self.assertEqual(ran.code, code, ran.out)
        return json.loads(ran.out)

    def assert_told(self, told, health, area, what, advice):
        fits = [one for one in told if one["area"] == area and what in one["what"]]
        self.assertTrue(fits, told)
        self.assertEqual((fits[0]["health"], advice in fits[0]["advice"]), (health, True), fits[0])

    def test_a_new_installation_is_well(self):
        told = self.look(code=0)
        self.assertEqual({one["area"] for one in told},
                         {"configuration", "plugins", "data folder", "blobs", "database", "ports", "clock", "limits", "permissions"})
        self.assert_told(told, "good", "database", "is not there yet; the first start makes it", "")
        self.assertFalse((self.folder / "data").exists(), "it changes nothing")

    def test_beside_a_running_daemon(self):
        usher = Usher()
        self.addCleanup(usher.close)
        usher.start()
        (self.folder / "usher.yaml").write_text(usher.config.read_text(encoding="utf-8"), encoding="utf-8")
        ran = usherctl("doctor", "--json", "--config", usher.config, "--data", usher.folder / "data", "--port", usher.port,
                       "--public-port", usher.public_port)
        told = json.loads(ran.out)
        self.assertEqual(sum("Usher runs there" in one["what"] for one in told), 2, told)
        self.assert_told(told, "good", "database", "schema ", "")
        self.assertTrue(usher.ready(), "and does not disturb it")

    def test_faults_of_the_configuration(self):
        told = self.look("log: {level: loud}\n", code=1)
        self.assert_told(told, "bad", "configuration", "log.level: expected one of debug, info, warn, error", "mend it")

    def test_no_plugins(self):
        told = self.look("plugin_dirs: [/nonexistent]\n", code=1)
        self.assert_told(told, "bad", "plugins", "none is loaded", "see that plugin_dirs names the folder")

    def test_a_database_that_cannot_be_reached(self):
        told = self.look("store: {url: 'postgresql://host=127.0.0.1 port=1 dbname=usher user=usher password=hidden-word'}\n", code=1)
        self.assert_told(told, "bad", "database", "PostgreSQL: ", "see that the server runs")
        self.assertNotIn("hidden-word", json.dumps(told))

    def test_a_file_that_is_no_database(self):
        (self.folder / "data").mkdir(mode=0o700)
        (self.folder / "data" / "usher.db").write_text("this is not a database " * 100, encoding="utf-8")
        told = self.look(code=1)
        self.assert_told(told, "bad", "database", "SQLite ", "see that the file is whole")

    def test_a_port_that_somebody_else_has(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.ports[0]))
            taken.listen(0)
            taken.settimeout(0.2)
            told = self.look(code=1)
        self.assert_told(told, "bad", "ports", "is taken by another program", "listeners.workspace.port")

    def test_secrets_that_everybody_may_read(self):
        (self.folder / "key").write_text("A" * 43, encoding="utf-8")
        (self.folder / "key").chmod(0o644)
        told = self.look("secret_key: ${file:key}\n", code=1)
        self.assert_told(told, "bad", "permissions", "holds a secret and everybody on this machine may read it", "chmod o-rwx ")
        (self.folder / "key").chmod(0o600)
        self.assertFalse([one for one in self.look() if one["health"] == "bad"])
        (self.folder / "usher.yaml").write_text("secret_key: " + "A" * 43 + "\n", encoding="utf-8")
        (self.folder / "usher.yaml").chmod(0o644)
        self.assert_told(self.look(code=1), "bad", "permissions", "may hold secrets in the clear", "or bring them in by ${file:PATH}")

    def test_a_data_folder_that_is_none(self):
        (self.folder / "data").write_text("", encoding="utf-8")
        self.assert_told(self.look(code=1), "bad", "data folder", "is no folder", "name another one")

    def test_few_descriptors(self):
        told = self.look("limits: {connections: 100000000}\n")
        self.assert_told(told, "worth_a_look", "limits", "open files are allowed here", "LimitNOFILE=200000256")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_may_not_be_written(self):
        (self.folder / "data").mkdir(mode=0o500)
        self.assert_told(self.look(code=1), "bad", "data folder", "cannot be written", "chown")

    def test_for_people(self):
        (self.folder / "usher.yaml").write_text("plugin_dirs: [/nonexistent]\n", encoding="utf-8")
        ran = usherctl("doctor", "--config", self.folder / "usher.yaml", "--data", self.folder / "data")
        self.assertRegex(ran.out, r"(?m)^BAD   plugins        none is loaded: without a channel nobody can write\n +-> see that ")
        self.assertRegex(ran.out, r"\d+ good, \d+ worth a look, \d+ bad\.\n$")


if __name__ == "__main__":
    unittest.main()

"""Starting and stopping: what is wrong is one clear line and exit status 1; a stop is clean."""

import json
import signal
import socket
import sqlite3
import unittest

from tests.harness.client import call
from tests.harness.scenario import Scenario
from tests.harness.usher import Usher


class StartAndStop(Scenario):
    def refused(self, usher: Usher) -> str:
        """The one line that a refused start says."""
        self.addCleanup(usher.close)
        usher.spawn()
        self.assertEqual(1, usher.process.wait(timeout=60), usher.log)
        said = [line for line in usher.log.splitlines() if line.strip()]
        self.assertTrue(said, "it said nothing")
        return said[-1]

    def fresh(self, **more) -> Usher:
        return Usher(database="sqlite", **more)

    def test_health_and_readiness(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(200, call(self.usher.url, "GET", path).status)

    def test_port_taken(self):
        usher = self.fresh()
        with socket.socket() as squatter:
            squatter.bind(("127.0.0.1", usher.port))
            squatter.listen()
            self.assertIn(str(usher.port), self.refused(usher))

    def test_public_port_taken(self):
        usher = self.fresh()
        with socket.socket() as squatter:
            squatter.bind(("127.0.0.1", usher.public_port))
            squatter.listen()
            self.assertIn(str(usher.public_port), self.refused(usher))

    def test_data_folder_unwritable(self):
        usher = self.fresh()
        (usher.folder / "data").write_text("a file where a folder should be")
        self.assertIn(str(usher.folder / "data"), self.refused(usher))

    def test_data_folder_in_use(self):
        first = self.fresh().start()
        self.addCleanup(first.close)
        second = self.fresh()
        second.command = lambda: [str(first.folder / "data") if part == str(second.folder / "data") else part
                                  for part in Usher.command(second)]
        self.assertIn(str(first.folder / "data"), self.refused(second))

    def test_yaml_wrong_says_where(self):
        for text, place in (("store:\n  url: [\n", ":"), ("store:\n  urll: x\n", ":2:3"), ("limits:\n  body_bytes: lots\n", ":2:15"),
                            ("accounts:\n  - id: UPPER\n    channel: open\n", ":2:9"), ("accounts:\n  - id: a\n    channel: opem\n", ":3:")):
            usher = self.fresh()
            usher.config.write_text(text)
            line = self.refused(usher)
            self.assertIn(f"usher.yaml{place}", line)

    def test_a_plugin_setting_that_is_wrong_says_where(self):
        usher = self.fresh(accounts=[{"id": "shop", "channel": "open", "config": {"inbound": {"secrts": []}}}])
        line = self.refused(usher)
        self.assertIn("usher.yaml:", line)
        self.assertIn("secrets", line, "the nearest known key is named")

    def test_a_database_newer_than_the_binary(self):
        usher = self.fresh().start()
        self.assertEqual(0, usher.stop())
        files = list((usher.folder / "data").glob("*.db")) + list((usher.folder / "data").glob("*.sqlite*"))
        self.assertTrue(files, "the SQLite file")
        with sqlite3.connect(files[0]) as database:
            # A migration of a later release, which says that this binary no longer suffices.
            database.execute("INSERT INTO schema_migration (number, name, checksum, oldest_binary, statements, done, begun) "
                             "SELECT 9000, '9000_later.sql', checksum, 9000, statements, done, begun FROM schema_migration "
                             "WHERE number = 1")
        usher.log_file.unlink()
        self.assertIn("newer", self.refused(usher).lower())

    def test_an_empty_plugin_folder_is_no_obstacle(self):
        usher = self.fresh()
        (usher.folder / "plugins").mkdir()
        usher.config.write_text(f'plugin_dirs: ["{usher.folder}/plugins"]\n')
        self.addCleanup(usher.close)
        usher.start()
        self.assertEqual([], usher.admin.get("/channels").expect(200).data)

    def test_both_signals_stop_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            usher = self.fresh().start()
            self.addCleanup(usher.close)
            usher.process.send_signal(number)
            self.assertEqual(0, usher.process.wait(timeout=60), usher.log)

    def test_a_first_start_prints_the_address_and_a_link(self):
        usher = self.fresh(presets=False)
        self.addCleanup(usher.close)
        usher.start()
        link = next(word for word in usher.log.split() if "/setup?token=" in word)
        self.assertTrue(link.startswith(usher.url), link)
        token = link.partition("token=")[2]
        person = {"token": token, "name": "First Admin", "email": "first@example.test", "password": "a long enough password"}
        for statuses in ((200,), (401, 409)):
            call(usher.url, "POST", "/api/support/auth/setup", json.dumps(person).encode(),
                 {"Content-Type": "application/json"}).expect(*statuses)


if __name__ == "__main__":
    unittest.main()

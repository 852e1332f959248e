"""SIGHUP and newer builds of a plugin, while messages flow: what can change does, and nothing is lost or doubled."""

import json
import shutil
import signal
import threading
import unittest
from pathlib import Path

from tests.doubles.open.peer import OpenPeer
from tests.harness import settings
from tests.harness.client import call
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually

REPLACEMENTS = 20


class Customer(threading.Thread):
    """Writes one message after the other to `shop`, each again until it is taken, as a shop's server would."""

    def __init__(self, peer: OpenPeer, contact: str):
        super().__init__(daemon=True)
        self.peer, self.contact = peer, contact
        self.taken: list[str] = []
        self.refused: list[str] = []
        self.conversation = None
        self._end = threading.Event()

    def run(self):
        number = 0
        while not self._end.is_set():
            number += 1
            text = f"{self.contact} {number}"
            body = self.peer.message(text, contact=self.contact, id=text.replace(" ", "-"))
            while (answer := self.peer.post("/messages", body)).status != 202:
                self.refused.append(f"{answer.status} {answer.raw[:200]}")
            self.conversation = answer.json["conversation_id"]
            self.taken.append(text)

    def wrote(self, count: int) -> bool:
        return len(self.taken) >= count

    def end(self):
        self._end.set()
        self.join(60)


class ChangesWhileRunning(Scenario):
    @classmethod
    def configure(cls):
        return {"accounts": [settings.open_account("shop", cls.webhook.url)]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])
        # Libraries of its own, to be replaced.
        cls.usher.stop()
        cls.libraries = cls.usher.folder / "plugins"
        shutil.copytree(settings.daemon().parent.parent / "plugins", cls.libraries,
                        ignore=lambda folder, names: [name for name in names if not name.endswith(".so")])
        # Copies lie where nothing shipped lies, so they would run in processes of their own.
        plugins = [{"library": file.name, "isolation": "in_process"} for file in sorted(cls.libraries.glob("*.so"))]
        cls.write(plugin_dirs=[str(cls.libraries)], plugins=plugins)
        cls.usher.start()

    @classmethod
    def write(cls, **members) -> dict:
        """Changes top-level members of the YAML; what it was."""
        before = json.loads(cls.usher.config.read_text())
        cls.usher.config.write_text(json.dumps(before | members, indent=2), encoding="utf-8")
        return before

    def hang_up(self, expect: str) -> str:
        """SIGHUP; what the log says of it."""
        already = len(self.usher.log)
        self.usher.process.send_signal(signal.SIGHUP)
        eventually(lambda: expect in self.usher.log[already:], f"{expect!r} in the log", within=60)
        return self.usher.log[already:]

    def customer(self, contact: str) -> Customer:
        customer = Customer(self.peer, contact)
        customer.start()
        self.addCleanup(customer.end)
        eventually(lambda: customer.wrote(3), "the first messages", within=30)
        return customer

    def nothing_lost_or_doubled(self, customer: Customer):
        customer.end()
        stored = [message["text"] for message in self.messages(customer.conversation) if message["direction"] == "inbound"]
        self.assertEqual(customer.taken, stored)

    def place(self, key: str) -> str:
        """Where the YAML has this key: file:line:."""
        lines = self.usher.config.read_text().splitlines()
        return f"{self.usher.config}:{next(n for n, line in enumerate(lines, 1) if key in line)}:"

    def test_sighup_takes_over_what_it_can_and_names_the_rest(self):
        customer = self.customer("sighup")
        second = settings.open_account("second", None, secrets=("s2:another-secret-of-32-bytes-or-more",))
        shop = settings.open_account("shop", self.webhook.url) | {"name": "Renamed"}
        limits = {"requests_per_s": 9_000, "server_threads": 3, "login_failures": 9}
        before = self.write(accounts=[shop, second], limits=limits, log={"level": "debug"})
        said = self.hang_up("the configuration was read again")
        for holds in ("accounts", "log.level", "limits.requests_per_s"):
            line = next(line for line in said.splitlines() if f"setting={holds}" in line)
            self.assertIn("holds now", line)
        for waits in ("limits.server_threads", "limits.login_failures"):
            line = next(line for line in said.splitlines() if f"setting={waits}" in line)
            self.assertIn("needs a restart", line)
            self.assertIn(self.place(waits.rpartition(".")[2]), line)
        self.assertEqual("Renamed", self.admin.get("/accounts/shop").data["name"])
        OpenPeer(self.usher, "second", "another-secret-of-32-bytes-or-more").write("hello", contact="two")

        self.write(**before)
        self.hang_up("the configuration was read again")
        gone = OpenPeer(self.usher, "second", "another-secret-of-32-bytes-or-more")
        self.assertEqual(404, gone.post("/messages", gone.message("anybody?")).status)
        second = self.admin.get("/accounts/second").data
        self.assertEqual((False, "stopped", None), (second["enabled"], second["state"], second["source"]))
        self.nothing_lost_or_doubled(customer)
        self.assertEqual([], customer.refused)

    def test_a_yaml_with_errors_changes_nothing_and_says_where(self):
        good = self.usher.config.read_text()
        self.addCleanup(self.usher.config.write_text, good)
        third = settings.open_account("third", None)
        third["config"]["inbound"]["colour"] = 1
        self.write(accounts=[settings.open_account("shop", self.webhook.url) | {"name": "Never"}, third], limits={"body_bytes": 1})
        said = self.hang_up("nothing was changed")
        self.assertIn(self.place('"body_bytes"'), said)
        self.assertNotEqual("Never", self.admin.get("/accounts/shop").data["name"])
        self.assertEqual(404, self.admin.get("/accounts/third").status)
        self.write(limits={})
        said = self.hang_up("nothing was changed")
        self.assertIn(self.place('"colour"'), said)
        self.assertEqual(404, self.admin.get("/accounts/third").status)
        self.usher.config.write_text(good[:-3])
        self.hang_up("nothing was changed")
        self.usher.config.unlink()
        self.hang_up("nothing was changed")
        self.peer.write("still here", contact="calm")

    def install(self, library: str, tail: bytes):
        """Another build, put in place as packages do. Bytes after the end of an ELF file change nothing but the file."""
        built = (settings.daemon().parent.parent / "plugins" / library).read_bytes()
        draft = self.libraries / (library + ".new")
        draft.write_bytes(built + tail)
        draft.chmod(0o755)
        draft.rename(self.libraries / library)

    def plugin(self, id: str) -> dict:
        return next(plugin for plugin in self.admin.get("/plugins").expect(200).data if plugin["id"] == id)

    def test_twenty_newer_builds_while_messages_flow(self):
        customer = self.customer("replaced")
        builds, replies = {self.plugin("open")["build"]}, []
        for round in range(REPLACEMENTS):
            replies.append(f"reply {round}")
            self.agent.post(f"/conversations/{customer.conversation}/messages", {"text": replies[-1]}).expect(201)
            self.install("usher-open.so", f"build {round}".encode())
            written = len(customer.taken)
            reloaded = self.admin.post("/plugins/open/reload").expect(200).data
            self.assertEqual((True, []), (reloaded["replaced"], reloaded["failed"]))
            builds.add(self.plugin("open")["build"])
            eventually(lambda: customer.wrote(written + 2), "messages to go on", within=30)
        self.assertEqual(REPLACEMENTS + 1, len(builds))
        self.assertFalse(self.admin.post("/plugins/open/reload").data["replaced"])
        for text in replies:
            self.assertEqual(1, len(self.webhook.wait_for(text, within=60)), text)
        self.nothing_lost_or_doubled(customer)
        self.assertEqual([], customer.refused, "no customer was ever turned away")
        shop = next(instance for instance in self.plugin("open")["instances"] if instance["id"] == "shop")
        self.assertEqual(("ready", 0, None), (shop["state"], shop["restarts"], shop["lastError"]))

    def test_a_broken_build_is_refused_and_the_old_one_goes_on(self):
        (self.libraries / "draft").write_bytes(b"no library")
        (self.libraries / "draft").rename(self.libraries / "usher-livechat.so")
        refused = self.admin.post("/plugins/livechat/reload").expect(422)
        self.assertIn("usher-livechat.so: cannot be loaded", refused.error["message"])
        self.install("usher-livechat.so", b"")
        self.assertFalse(self.admin.post("/plugins/livechat/reload").expect(200).data["replaced"])
        self.assertEqual(404, self.admin.post("/plugins/nonsense/reload").status)

    def test_plugins_and_their_state_are_told(self):
        shop = self.plugin("open")
        self.assertEqual(("channel", "in_process"), (shop["kind"], shop["isolation"]))
        self.assertEqual("usher-open.so", Path(shop["file"]).name)
        setup = self.usher.person("Ines Setup", "inbox_setup")
        self.assertEqual(200, setup.get("/plugins").status)
        for method, path in (("GET", "/plugins"), ("POST", "/plugins/open/reload")):
            self.assertIn("inbox/setup/plugins", self.agent.request(method, path).expect(403).error["message"])
            self.assertEqual(401, self.usher.anonymous().request(method, path).status)
        broken = {"id": "broken", "channel": "livechat", "config": {"require_identity": True}, "enabled": False}
        self.admin.post("/accounts", broken).expect(201)
        metrics = call(self.usher.url, "GET", "/metrics").raw.decode()
        self.assertIn('usher_plugin_instance_state{kind="channel",plugin="open",instance="shop",state="ready"} 1', metrics)
        self.assertIn('usher_plugin_instance_state{kind="channel",plugin="livechat",instance="broken",state="stopped"} 1', metrics)
        self.assertIn('usher_plugin_instance_restarts_total{kind="channel",plugin="open",instance="shop"} ', metrics)


if __name__ == "__main__":
    unittest.main()

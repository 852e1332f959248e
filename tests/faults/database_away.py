"""The database server goes away under the daemon: callers are told to come again, nothing accepted is lost, and the daemon
goes on by itself when it is back."""

import json
import os
import unittest

from tests.doubles.open.peer import OpenPeer, Webhook
from tests.harness import settings
from tests.harness.client import call
from tests.harness.usher import Usher
from tests.harness.wait import eventually

from .servers import Server


class DatabaseAway(unittest.TestCase):
    def setUp(self):
        kind = os.environ.get("USHER_TEST_DATABASE", "sqlite")
        if kind == "sqlite":
            self.skipTest("SQLite has no server")
        self.server = Server(kind)
        self.addCleanup(self.server.close)
        name, value = self.server.setting
        before = os.environ.get(name)
        os.environ[name] = value
        self.addCleanup(lambda: os.environ.pop(name) if before is None else os.environ.update({name: before}))
        self.webhook = Webhook()
        self.addCleanup(self.webhook.close)
        self.usher = Usher(database=kind, accounts=[settings.open_account("shop", self.webhook.url)],
                           extra={"store": {"write_deadline_ms": 1000, "read_deadline_ms": 1000}})
        self.addCleanup(self.usher.close)
        self.usher.start()

    def test_callers_are_told_to_come_again(self):
        peer = OpenPeer(self.usher, "shop")
        before = peer.write("before", contact="ann")
        self.server.stop()
        refused = peer.post("/messages", peer.message("during", id="m-during", contact="ann"))
        self.assertEqual(503, refused.status, refused)
        self.assertTrue(any(name.lower() == "retry-after" for name, _ in refused.headers), refused)
        answer = eventually(lambda: (got := self.usher.admin.get("/conversations")).status == 503 and got, "the API to say 503")
        self.assertTrue(any(name.lower() == "retry-after" for name, _ in answer.headers), answer)
        self.assertEqual("unavailable", answer.error["code"])
        eventually(lambda: call(self.usher.url, "GET", "/readyz").status == 503, "/readyz to say so")
        self.assertEqual(200, call(self.usher.url, "GET", "/healthz").status, "the daemon itself is well")
        self.server.start()
        again = eventually(lambda: (got := peer.post("/messages", peer.message("during", id="m-during", contact="ann"))).status in (200, 202)
                           and got, "the same message to be taken", within=60)
        self.assertEqual(before["conversation_id"], again.json["conversation_id"])
        eventually(lambda: call(self.usher.url, "GET", "/readyz").status == 200, "/readyz to say so", within=60)
        texts = [entry["text"] for entry in self.usher.admin.get(f"/conversations/{before['conversation_id']}/timeline").data
                 if entry["kind"] == "message"]
        self.assertEqual(["before", "during"], texts)


if __name__ == "__main__":
    unittest.main()

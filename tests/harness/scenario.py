"""What every scenario inherits: one usherd for the tests of a class, its log shown where a test fails."""

import sys
import unittest

from tests.doubles.open.peer import OpenPeer, Webhook

from . import settings
from .usher import Usher


class Scenario(unittest.TestCase):
    """Override `configure` for other accounts or settings. `self.peer` speaks the open channel's account `shop`, whose
    webhook is `self.webhook`; `self.inbox` is the default inbox's id."""

    undo_window_seconds = 0
    maxDiff = None

    @classmethod
    def configure(cls) -> dict:
        return {"accounts": [settings.open_account("shop", cls.webhook.url)]}

    @classmethod
    def setUpClass(cls):
        cls.webhook = Webhook()
        cls.addClassCleanup(cls.webhook.close)
        cls.usher = Usher(undo_window_seconds=cls.undo_window_seconds, **cls.configure())
        cls.addClassCleanup(cls.usher.close)
        cls.usher.start()
        cls.peer = OpenPeer(cls.usher, "shop")
        cls.admin = cls.usher.admin
        cls.inbox = next(inbox["id"] for inbox in cls.admin.get("/inboxes").data if inbox["isDefault"])

    def run(self, result=None):
        failures = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > failures:
            print(f"\n{self.id()}: {self.usher.tail()}", file=sys.stderr)
        return result

    def assert_holds(self, expected, got, path: str = "") -> None:
        """Every member that is expected is there as expected; what an answer has beside them is its own affair."""
        if isinstance(expected, dict) and isinstance(got, dict):
            for name, value in expected.items():
                self.assertIn(name, got, f"{path}/{name} is missing")
                self.assert_holds(value, got[name], f"{path}/{name}")
        elif isinstance(expected, list) and isinstance(got, list):
            self.assertEqual(len(expected), len(got), f"{path}: {got}")
            for index, value in enumerate(expected):
                self.assert_holds(value, got[index], f"{path}/{index}")
        else:
            self.assertEqual(expected, got, path)

    def timeline(self, conversation: str, api=None) -> list[dict]:
        """All entries of a conversation, oldest first."""
        found, before = [], None
        while True:
            query = {"limit": 200} | ({"before": before} if before else {})
            page = (api or self.admin).get(f"/conversations/{conversation}/timeline", **query).expect(200)
            found = page.data + found
            before = page.json["nextCursor"]
            if before is None:
                return found

    def messages(self, conversation: str, api=None) -> list[dict]:
        return [entry for entry in self.timeline(conversation, api) if entry["kind"] == "message"]

    def conversation(self, id: str, api=None) -> dict:
        return (api or self.admin).get(f"/conversations/{id}").expect(200).data

"""A conversation's end and what follows it: closed, opened again, its successor; contacts who are blocked or unreachable."""

import unittest

from tests.harness.realtime import Realtime
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually


class WhatFollows(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])
        cls.supervisor = cls.usher.person("Susan Supervisor", "supervisor")

    def started(self, contact: str, text: str = "hello") -> str:
        return self.peer.write(text, contact=contact)["conversation_id"]

    def set_status(self, conversation: str, status: str) -> None:
        self.agent.put(f"/conversations/{conversation}/status", {"status": status}).expect(200)

    def deliveries(self, type: str, conversation: str) -> list[dict]:
        return [d.json for d in list(self.webhook.deliveries)
                if d.json["type"] == type and conversation in str(d.json)]

    def test_the_customer_learns_that_it_was_closed_behind_the_last_message(self):
        conversation = self.started("told")
        self.agent.post(f"/conversations/{conversation}/messages", {"text": "bye then"}).expect(201)
        self.set_status(conversation, "closed")
        eventually(lambda: self.deliveries("conversation.closed", conversation), "the news that it was closed")
        kinds = [d.json["type"] for d in list(self.webhook.deliveries) if conversation in str(d.json)]
        self.assertLess(kinds.index("message.created"), kinds.index("conversation.closed"))

    def test_what_follows_is_linked(self):
        conversation = self.started("linked")
        self.assertIsNone(self.conversation(conversation)["previousId"])
        self.set_status(conversation, "closed")
        newer = self.started("linked", "one more thing")
        self.assertEqual(conversation, self.conversation(newer)["previousId"])

    def test_within_reopen_days_it_opens_again(self):
        inbox = self.admin.post("/inboxes", {"name": "Reopening", "reopenDays": 7}).expect(201).data
        self.assertEqual(7, inbox["reopenDays"])
        self.admin.put(f"/inboxes/{self.inbox}", {"routingRules": [
            {"condition": {"message": {"contains": ["reopen me"]}}, "inboxId": inbox["id"]}]}).expect(200)
        conversation = self.started("back", "reopen me")
        self.admin.put(f"/conversations/{conversation}/status", {"status": "closed"}).expect(200)
        self.assertEqual(conversation, self.started("back", "still broken"))
        self.assertEqual("active", self.conversation(conversation)["status"])
        refused = self.admin.put(f"/inboxes/{inbox['id']}", {"reopenDays": -1}).expect(422)
        self.assertIn("/reopenDays", refused.paths)

    def test_only_who_may_blocks_and_the_blocked_disturb_nobody(self):
        conversation = self.started("pest")
        contact = self.conversation(conversation)["contactId"]
        refused = self.agent.patch(f"/contacts/{contact}", {"blocked": True}).expect(403)
        self.assertIn("inbox/contacts/block", refused.error["message"])
        self.assertTrue(self.supervisor.patch(f"/contacts/{contact}", {"blocked": True}).expect(200).data["blocked"])
        before = self.conversation(conversation)
        self.assertEqual("solved", before["status"])
        self.assertEqual(conversation, self.started("pest", "me again"))
        after = self.conversation(conversation)
        self.assertEqual(("solved", before["unreadCount"], "me again"),
                         (after["status"], after["unreadCount"], after["lastMessage"]["text"]))

    def test_who_is_gone_is_not_tried_again_until_a_person_wants_it(self):
        conversation = self.started("gone")
        self.webhook.answer_with(410)
        first = self.agent.post(f"/conversations/{conversation}/messages", {"text": "are you there"}).expect(201).data
        status = lambda message: next(e for e in self.timeline(conversation) if e["id"] == message["id"])
        eventually(lambda: status(first)["status"] == "failed", "failed")
        contact = self.conversation(conversation)["contactId"]
        identity = self.admin.get(f"/contacts/{contact}").expect(200).data["identities"][0]
        self.assertEqual("unreachable", identity["reachability"])
        second = self.agent.post(f"/conversations/{conversation}/messages", {"text": "hello?"}).expect(201).data
        eventually(lambda: status(second)["status"] == "failed", "failed at once")
        self.assertIn("cannot be reached", status(second)["failure"]["text"])
        self.assertEqual([], self.webhook.messages("hello?"))
        self.agent.post(f"/conversations/{conversation}/messages/{second['id']}/retry").expect(200)
        self.webhook.wait_for("hello?")
        eventually(lambda: status(second)["status"] == "sent", "sent")

    def test_a_new_name_reaches_an_open_workspace(self):
        conversation = self.started("renamed")
        contact = self.conversation(conversation)["contactId"]
        sees = Realtime(self.agent)
        self.addCleanup(sees.close)
        self.admin.patch(f"/contacts/{contact}", {"name": "Grace Hopper"}).expect(200)
        frame = sees.wait_for(lambda f: f["type"] == "contact.updated" and f["data"]["contact"]["id"] == contact, "the new name")
        self.assertEqual("Grace Hopper", frame["data"]["contact"]["name"])
        self.assertEqual(frame["version"], frame["data"]["contact"]["version"])


if __name__ == "__main__":
    unittest.main()

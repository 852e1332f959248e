"""Accounts made over the API: they run at once, follow every change, survive restarts, and keep their secrets."""

import secrets
import unittest

from tests.doubles.open.peer import OpenPeer
from tests.harness import settings
from tests.harness.client import call
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually


class Accounts(Scenario):
    @classmethod
    def configure(cls):
        return {"accounts": [settings.livechat_account("site", identity_secret="from-yaml-" + "y" * 32)]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])

    def setUp(self):
        self.answers = []  # of everything said about accounts

    def said(self, answer):
        self.answers.append(answer.raw)
        return answer

    def make(self, id: str, secret: str, **more):
        config = {"inbound": {"secrets": [f"k1:{secret}"], "rate_per_s": 1000},
                  "outbound": {"webhook_url": self.webhook.url, "secrets": [f"k1:{secret}"]}}
        body = {"id": id, "channel": "open", "name": "Shop", "config": config,
                "egress": {"allowCidrs": ["127.0.0.0/8"]}, "retry": {"delaysS": [1]}} | more
        return self.said(self.admin.post("/accounts", body))

    def change(self, id: str, **members):
        return self.said(self.admin.patch(f"/accounts/{id}", members))

    def reply(self, conversation: str, text: str):
        return self.agent.post(f"/conversations/{conversation}/messages", {"text": text})

    def refused(self, answer, status: int, code: str):
        self.assertEqual((status, code), (answer.status, answer.json["error"]["code"]), answer)

    def test_the_life_of_an_account(self):
        # proves S0-31 S0-42
        first, second = (secrets.token_urlsafe(32) for _ in range(2))
        made = self.make("shop", first).expect(201).data
        self.assertEqual(("ready", None, None, ["/inbound/secrets", "/outbound/secrets"]),
                         (made["state"], made["lastError"], made["source"], made["secretsSet"]))
        peer = OpenPeer(self.usher, "shop", first)
        conversation = peer.write("hello", contact="ida")["conversation_id"]
        self.reply(conversation, "good day").expect(201)
        self.assertTrue(self.webhook.wait_for("good day")[0].signed_by(first))

        # disabled: nothing comes in, and what goes out waits
        self.assertEqual("stopped", self.change("shop", enabled=False).data["state"])
        self.refused(peer.post("/messages", peer.message("anybody?", contact="ida")), 404, "unknown_account")
        self.reply(conversation, "waits").expect(201)
        self.refused(self.admin.delete("/accounts/shop"), 409, "messages_waiting")
        self.usher.restart()
        self.refused(peer.post("/messages", peer.message("anybody?", contact="ida")), 404, "unknown_account")
        self.assertEqual([], self.webhook.messages("waits"))
        self.assertEqual("ready", self.change("shop", enabled=True).data["state"])
        self.assertEqual(conversation, peer.write("there you are", contact="ida")["conversation_id"])
        self.webhook.wait_for("waits", within=30)

        # another secret: from now on only that one counts, also after a power cut
        config = self.admin.get("/accounts/shop").data["config"]
        config["inbound"]["secrets"] = [f"k2:{second}"]
        changed = self.change("shop", config=config).expect(200).data
        self.assertEqual(["/inbound/secrets", "/outbound/secrets"], changed["secretsSet"])
        for power_cut in (False, True):
            if power_cut:
                self.usher.restart(hard=True)
            self.refused(peer.post("/messages", peer.message("the old one", contact="ida")), 401, "bad_signature")
            OpenPeer(self.usher, "shop", second).write(f"the new one {power_cut}", contact="ida")
            text = f"still signed {power_cut}"
            self.reply(conversation, text).expect(201)
            self.assertTrue(self.webhook.wait_for(text)[0].signed_by(first), "a secret that was left out is kept")
        self.assertEqual(changed | {"version": changed["version"]}, self.admin.get("/accounts/shop").data)

        # nothing of it is anywhere to be read
        for secret in (first, second):
            self.assertNotIn(secret, self.usher.log)
            for raw in self.answers + [self.admin.get("/accounts").raw]:
                self.assertNotIn(secret.encode(), raw)
            for file in (path for path in (self.usher.folder / "data").rglob("*") if path.is_file()):
                self.assertNotIn(secret.encode(), file.read_bytes(), file)

        # deleted: its conversations can be read, not answered
        eventually(lambda: self.admin.delete("/accounts/shop").status == 204, "the outbox to be empty", within=30)
        for restarted in (False, True):
            if restarted:
                self.usher.restart()
            self.refused(OpenPeer(self.usher, "shop", second).post("/messages", peer.message("gone?")), 404, "unknown_account")
            self.assertEqual(404, self.admin.get("/accounts/shop").status)
            self.assertEqual("shop", self.conversation(conversation)["accountId"])
            self.assertIn("hello", [message["text"] for message in self.messages(conversation)])
            self.refused(self.reply(conversation, "too late"), 409, "account_deleted")

        # and back: the same conversation goes on
        self.make("shop", second).expect(201)
        self.assertEqual(conversation, OpenPeer(self.usher, "shop", second).write("again", contact="ida")["conversation_id"])
        self.reply(conversation, "welcome back").expect(201)
        self.webhook.wait_for("welcome back")

    def test_a_chat_for_a_site_runs_at_once(self):
        self.said(self.admin.post("/accounts", {"id": "chat", "channel": "livechat", "config": {"title": "Ask us"}})).expect(201)
        self.assertEqual(200, call(self.usher.public_url, "GET", "/channels/chat/widget.js").status)
        self.assertEqual(204, self.admin.delete("/accounts/chat").status)
        self.assertEqual(404, call(self.usher.public_url, "GET", "/channels/chat/widget.js").status)

    def test_what_stands_in_the_file_is_changed_there(self):
        site = self.admin.get("/accounts/site").expect(200).data
        self.assertEqual(["/identity_secret"], site["secretsSet"])
        self.assertNotIn("identity_secret", site["config"])
        self.assertTrue(site["source"].startswith(str(self.usher.config) + ":"), site["source"])
        for answer in (self.change("site", name="x"), self.admin.delete("/accounts/site")):
            self.refused(answer, 409, "provisioned")
            self.assertIn(site["source"], answer.error["message"])

    def test_deleting_with_messages_that_wait_ends_them_visibly(self):
        secret = secrets.token_urlsafe(32)
        self.make("brief", secret).expect(201)
        conversation = OpenPeer(self.usher, "brief", secret).write("hi", contact="otto")["conversation_id"]
        self.change("brief", enabled=False).expect(200)
        message = self.reply(conversation, "never sent").expect(201).data
        self.assertEqual(204, self.admin.delete("/accounts/brief?waiting=fail").status)
        ended = next(entry for entry in self.timeline(conversation) if entry["id"] == message["id"])
        self.assertEqual(("failed", "account_deleted"), (ended["status"], ended["failure"]["code"]))

    def test_a_lost_key_is_told_and_new_secrets_mend_it(self):
        secret = secrets.token_urlsafe(32)
        self.make("vault", secret).expect(201)
        self.usher.stop()
        key = self.usher.folder / "data" / "secret_key"
        self.assertEqual(0o600, key.stat().st_mode & 0o777)
        key.unlink()
        self.usher.start()
        vault = self.admin.get("/accounts/vault").data
        self.assertEqual("failed", vault["state"])
        self.assertIn("were sealed with the secret_key", vault["lastError"])
        self.assertEqual("ready", self.make_anew("vault", vault, secret)["state"])
        OpenPeer(self.usher, "vault", secret).write("open again", contact="vic")

    def make_anew(self, id: str, shown: dict, secret: str) -> dict:
        config = shown["config"]
        for side in ("inbound", "outbound"):
            config[side]["secrets"] = [f"k1:{secret}"]
        return self.change(id, config=config).expect(200).data


if __name__ == "__main__":
    unittest.main()

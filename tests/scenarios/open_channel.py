"""The open channel from its peer's side: signatures, repeats, odd keys and texts, statuses, and the way back."""

import hashlib
import json
import secrets
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from tests.doubles.open.peer import SECRET, OpenPeer, signature
from tests.harness import settings
from tests.harness.client import call
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually

OLD_SECRET = "k0:the-secret-before-the-rotation-32-bytes"


class OpenChannel(Scenario):
    @classmethod
    def configure(cls):
        return {"accounts": [settings.open_account("shop", cls.webhook.url, secrets=(":".join(SECRET), OLD_SECRET)),
                             settings.open_account("vault", None, secrets=("v1:quite-another-secret-of-32-bytes!!",))]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])

    def tearDown(self):
        self.webhook.answer_with()

    def count(self, **query) -> int:
        return len(self.admin.get("/conversations", limit=200, **query).data)

    def texts_of(self, contact: str) -> list[str]:
        return [message["text"] for conversation in self.conversations_of(contact) for message in self.messages(conversation["id"])]

    def conversations_of(self, contact: str) -> list[dict]:
        return [conversation for conversation in self.admin.get("/conversations", q=contact, limit=200).data
                if conversation["contact"]["address"] == contact]

    # ---- signatures

    def refused(self, answer, status: int, code: str):
        self.assertEqual((status, code), (answer.status, answer.json["error"]["code"]), answer)

    def body(self) -> bytes:
        return json.dumps(OpenPeer.message("signed?", contact="mallory")).encode()

    def test_a_message_arrives(self):
        # proves S0-42
        answer = self.peer.post("/messages", self.peer.message("배송이 언제 되나요? 🚚", contact="customer-77", name="김민수")).expect(202)
        self.assertEqual({"id", "conversation_id", "duplicate"}, set(answer.json))
        self.assertFalse(answer.json["duplicate"])
        conversation = self.conversation(answer.json["conversation_id"])
        self.assertEqual(("active", "shop", "open", "김민수", "customer-77"),
                         (conversation["status"], conversation["accountId"], conversation["channel"],
                          conversation["contact"]["name"], conversation["contact"]["address"]))
        message = self.messages(conversation["id"])[0]
        self.assertEqual((answer.json["id"], "배송이 언제 되나요? 🚚", "inbound", "received", "contact"),
                         (message["id"], message["text"], message["direction"], message["status"], message["author"]["type"]))

    def test_only_the_right_signature_of_these_very_bytes_is_taken(self):
        now, target = int(time.time()), "/channels/shop/messages"
        body = self.body()
        good = signature(SECRET[1], now, "POST", target, body)
        cases = {
            "another key": signature("wrong-secret", now, "POST", target, body),
            "another account's key": signature("quite-another-secret-of-32-bytes!!", now, "POST", target, body),
            "another method": signature(SECRET[1], now, "PUT", target, body),
            "another path": signature(SECRET[1], now, "POST", "/channels/shop/events", body),
            "another query": signature(SECRET[1], now, "POST", target + "?a=1", body),
            "another time": signature(SECRET[1], now - 1, "POST", target, body),
            "a trailing newline": signature(SECRET[1], now, "POST", target, body + b"\n"),
            "the same JSON written otherwise": signature(SECRET[1], now, "POST", target, json.dumps(json.loads(body), indent=1).encode()),
            "nothing": "",
            "a part of it": good[:32],
        }
        for what, value in cases.items():
            with self.subTest(what):
                self.refused(self.peer.request("POST", "/messages", body, timestamp=now, sign="v1=" + value), 401, "bad_signature")
        for what, value in {"capital letters": "v1=" + good.upper(), "no version": good, "another version": "v2=" + good}.items():
            with self.subTest(what):
                self.refused(self.peer.request("POST", "/messages", body, timestamp=now, sign=value), 401, "bad_signature")
        self.assertEqual([], self.conversations_of("mallory"))

    def test_missing_headers_are_a_bad_signature(self):
        for header in ("X-Usher-Signature", "X-Usher-Timestamp"):
            answer = self.peer.request("POST", "/messages", self.body(), headers={header: None})
            self.assertEqual(401, answer.status, answer)
        self.assertEqual([], self.conversations_of("mallory"))

    def test_the_clock_may_differ_by_max_skew(self):
        for skew in (-290, 290):
            self.peer.post("/messages", self.peer.message("in time", contact="skewed"), timestamp=int(time.time()) + skew).expect(202)
        for skew in (-310, 310):
            answer = self.peer.post("/messages", self.peer.message("late", contact="skewed"), timestamp=int(time.time()) + skew)
            self.refused(answer, 401, "stale_timestamp")
        answer = self.peer.post("/messages", self.peer.message("when?", contact="skewed"), timestamp="soon")
        self.assertEqual(401, answer.status)
        self.assertEqual(["in time", "in time"], self.texts_of("skewed"))

    def test_secrets_rotate(self):
        old = OpenPeer(self.usher, "shop", OLD_SECRET.partition(":")[2])
        old.post("/messages", old.message("by the old key", contact="rotating")).expect(202)
        body, now = json.dumps(self.peer.message("by two", contact="rotating")).encode(), int(time.time())
        two = f"v1={'0' * 64}, v1=" + signature(SECRET[1], now, "POST", "/channels/shop/messages", body)
        self.peer.request("POST", "/messages", body, timestamp=now, sign=two).expect(202)
        self.assertEqual({"by the old key", "by two"}, set(self.texts_of("rotating")))

    def test_the_digest_header_is_for_uploads_only(self):
        body = self.body()
        digest = {"X-Usher-Content-SHA256": hashlib.sha256(body).hexdigest()}
        answer = self.peer.request("POST", "/messages", body, headers=digest)
        self.assertIn(answer.status, (400, 401), answer)
        self.assertEqual([], self.conversations_of("mallory"))

    def test_health_is_signed(self):
        self.assertEqual("ok", self.peer.request("GET", "/health").expect(200).json["status"])
        self.refused(self.peer.request("GET", "/health", sign="v1=" + "0" * 64), 401, "bad_signature")

    def test_an_unknown_account(self):
        answer = OpenPeer(self.usher, "nobody").post("/messages", self.peer.message("hello"))
        self.assertEqual(404, answer.status, answer)

    def test_credentials_of_the_workspace_open_nothing_here(self):
        headers = {"X-API-Key": settings.ADMIN_KEY, "X-Usher-Signature": None}
        self.assertEqual(401, self.peer.request("POST", "/messages", self.body(), headers=headers).status)

    # ---- repeats

    def test_twenty_at_once_are_one_message(self):
        message = self.peer.message("only once", contact="impatient")
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: self.peer.post("/messages", message), range(20)))
        self.assertEqual({200: 19, 202: 1}, {status: sum(a.status == status for a in answers) for status in {a.status for a in answers}})
        self.assertEqual(1, len({(a.json["id"], a.json["conversation_id"]) for a in answers}))
        self.assertEqual([False] + [True] * 19, sorted(a.json["duplicate"] for a in answers))
        self.assertEqual(["only once"], self.texts_of("impatient"))

    def test_two_first_messages_at_once_make_one_conversation(self):
        for round in range(5):
            contact = f"hasty-{round}"
            with ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(lambda n: self.peer.write(f"message {n}", contact=contact), range(4)))
            self.assertEqual(1, len({answer["conversation_id"] for answer in answers}))
            self.assertEqual({f"message {n}" for n in range(4)}, set(self.texts_of(contact)))
            self.assertEqual(1, len([c for c in self.admin.get("/contacts", q=contact).data]))

    def test_the_same_id_with_other_content_is_a_conflict(self):
        first = self.peer.post("/messages", self.peer.message("one", id="reused", contact="confused")).expect(202)
        self.refused(self.peer.post("/messages", self.peer.message("two", id="reused", contact="confused")), 409, "id_reused")
        again = self.peer.post("/messages", self.peer.message("one", id="reused", contact="confused")).expect(200)
        self.assertEqual((first.json["id"], True), (again.json["id"], again.json["duplicate"]))
        self.assertEqual(["one"], self.texts_of("confused"))

    def test_a_repeat_after_a_restart_is_known(self):
        message = self.peer.message("before and after", contact="patient")
        first = self.peer.post("/messages", message).expect(202).json
        self.usher.restart(hard=True)
        again = self.peer.post("/messages", message).expect(200).json
        self.assertEqual((first["id"], True), (again["id"], again["duplicate"]))
        self.assertEqual(["before and after"], self.texts_of("patient"))

    def test_ids_that_a_database_might_take_for_equal_are_not(self):
        pairs = [("Order-1", "order-1"), ("a~b", "a~b~"), ("x" * 127 + "A", "x" * 127 + "B"), ("pad", "pad!")]
        for number, (one, two) in enumerate(pairs):
            contact = f"pair-{number}"
            for id in (one, two):
                self.assertFalse(self.peer.write(f"by {id[-6:]}", id=id, contact=contact)["duplicate"], id)
            self.assertEqual(2, len(self.texts_of(contact)), (one, two))

    def test_contacts_that_a_database_might_take_for_equal_are_not(self):
        written = {}
        for contact in ("Ann", "ann", "ann ", " ann", "änn", "ａnn", "ann\u0301", "ss", "ß", "x" * 254 + "1", "x" * 254 + "2"):
            written[contact] = self.peer.write(f"I am {contact[-4:]}", contact=contact)["conversation_id"]
        self.assertEqual(len(written), len(set(written.values())), written)
        for contact, conversation in written.items():
            self.assertEqual(contact, self.conversation(conversation)["contact"]["address"])

    # ---- odd input

    def test_ids_outside_the_contract_are_refused(self):
        for id in ("", " ", "with space", "trailing ", "tab\t", "ümlaut", "nul\0", "x" * 129, None, 7):
            with self.subTest(repr(id)):
                message = self.peer.message("no", contact="odd-ids") | {"id": id}
                self.refused(self.peer.post("/messages", message), 422, "invalid_field")
        self.assertEqual([], self.conversations_of("odd-ids"))

    def test_nul_in_a_text_is_refused_and_names_the_field(self):
        for field, change in {"content.text": {"content": {"type": "text", "text": "a\0b"}},
                              "contact.external_id": {"contact": {"external_id": "a\0b"}},
                              "contact.name": {"contact": {"external_id": "nul-name", "name": "a\0b"}}}.items():
            answer = self.peer.post("/messages", self.peer.message("x", contact="nul") | change)
            self.refused(answer, 422, "invalid_field")
            self.assertEqual(field, answer.json["error"]["field"], answer)

    def test_bytes_that_are_no_text_are_refused(self):
        body = json.dumps(self.peer.message("MARK", contact="raw")).encode().replace(b"MARK", b"\xff\xfe\xc3")
        self.assertIn(self.peer.request("POST", "/messages", body).status, (400, 422))
        body = json.dumps(self.peer.message("MARK", contact="raw")).encode().replace(b"MARK", b"\\ud800")
        self.assertIn(self.peer.request("POST", "/messages", body).status, (400, 422))
        self.assertEqual([], self.conversations_of("raw"))

    def test_text_is_kept_to_the_character(self):
        for text in ("x" * 4096, "🙂" * 4096, "trailing space ", "\u202eright to left", "'; DROP TABLE message; --", "a\\b\"c:d ? :e",
                     "line\nline\r\n\ttab"):
            taken = self.peer.write(text, contact="exact-" + hashlib.sha256(text.encode()).hexdigest()[:8])
            self.assertEqual(text, self.messages(taken["conversation_id"])[0]["text"])

    def test_too_long_is_refused_and_not_cut(self):
        self.refused(self.peer.post("/messages", self.peer.message("x" * 4097, contact="wordy")), 422, "invalid_field")
        self.refused(self.peer.post("/messages", self.peer.message("x", contact="x" * 256)), 422, "invalid_field")
        self.assertEqual([], self.conversations_of("wordy"))

    def test_more_than_64_kib_survive_the_way(self):
        big = {"type": "custom", "json": {"pad": "y" * 15_000}, "fallback_text": "see the app"}
        taken = self.peer.post("/messages", self.peer.message("", contact="big") | {"content": big}).expect(202).json
        self.assertEqual("see the app", self.messages(taken["conversation_id"])[0]["text"])
        note = "ä" * 40_000
        self.assertEqual(note, self.admin.post(f"/conversations/{taken['conversation_id']}/notes", {"text": note}).expect(201).data["text"])
        self.assertEqual(note, self.timeline(taken["conversation_id"])[-1]["text"])

    def test_a_body_over_the_limit_is_413(self):
        body = json.dumps(self.peer.message("x", contact="huge") | {"metadata": {"pad": "z" * (1 << 20)}}).encode()
        self.assertEqual(413, self.peer.request("POST", "/messages", body).status)

    def test_malformed_json_and_unknown_types(self):
        self.refused(self.peer.request("POST", "/messages", b'{"id":'), 400, "invalid_json")
        answer = self.peer.post("/messages", self.peer.message("x") | {"content": {"type": "hologram"}})
        self.assertIn(answer.status, (415, 422), answer)
        answer = self.peer.request("POST", "/messages", b"id=1", content_type="application/x-www-form-urlencoded")
        self.assertIn(answer.status, (400, 415), answer)

    # ---- attachments

    def test_an_upload_becomes_an_attachment_once(self):
        data = b"%PDF-1.4 a receipt " + secrets.token_bytes(2000)
        upload = self.peer.upload(data, "receipt.pdf", "application/pdf").expect(201).json
        self.assertEqual((hashlib.sha256(data).hexdigest(), len(data)), (upload["sha256"], upload["size"]))
        content = {"type": "media", "text": "my receipt", "attachments": [{"upload_id": upload["upload_id"], "name": "receipt.pdf"}]}
        taken = self.peer.post("/messages", self.peer.message("", contact="uploader") | {"content": content}).expect(202).json
        attachment = self.messages(taken["conversation_id"])[0]["attachments"][0]
        self.assertEqual(("receipt.pdf", len(data), "ready"), (attachment["name"], attachment["sizeBytes"], attachment["state"]))
        link = self.admin.get(f"/attachments/{attachment['id']}").expect(200).data["url"]
        self.assertTrue(link.startswith(self.usher.public_url), link)
        got = call(self.usher.public_url, "GET", link.removeprefix(self.usher.public_url))
        self.assertEqual(data, got.raw)
        headers = {name.lower(): value for name, value in got.headers}
        self.assertTrue(headers["content-disposition"].startswith("attachment"))
        self.assertEqual("nosniff", headers["x-content-type-options"])
        tampered = link.removeprefix(self.usher.public_url)[:-1] + ("0" if link[-1] != "0" else "1")
        self.assertIn(call(self.usher.public_url, "GET", tampered).status, (401, 403, 404))
        again = self.peer.post("/messages", self.peer.message("", contact="uploader") | {"content": content})
        self.assertIn(again.status, (409, 422), "an upload is usable once")

    def test_an_upload_that_is_not_what_was_signed_is_refused(self):
        answer = self.peer.upload(b"signed", "a.txt", "text/plain", headers={"X-Usher-Content-SHA256": hashlib.sha256(b"other").hexdigest()})
        self.assertIn(answer.status, (400, 401, 422), answer)

    # ---- the way back

    def replied(self, contact: str, text: str) -> dict:
        """An agent's reply to a new customer; the conversation and message as the API gives them."""
        conversation = self.peer.write("hello", contact=contact)["conversation_id"]
        return self.agent.post(f"/conversations/{conversation}/messages", {"text": text}).expect(201).data

    def status_of(self, message: dict) -> str:
        return next(m["status"] for m in self.messages(message["conversationId"]) if m["id"] == message["id"])

    def becomes(self, message: dict, status: str, within: float = 15):
        eventually(lambda: self.status_of(message) == status, f"message {message['id']} to be {status}", within=within)

    def test_a_reply_reaches_the_webhook_signed(self):
        # proves S0-42 S2-19
        message = self.replied("answered", "내일 도착합니다.")
        delivery = self.webhook.wait_for("내일 도착합니다.")[0]
        self.assertTrue(delivery.signed_by(SECRET[1]))
        self.assertLess(abs(int(delivery.headers["x-usher-timestamp"]) - time.time()), 60)
        self.assertEqual(delivery.json["event_id"], delivery.headers["x-usher-delivery"])
        self.assertEqual(("message.created", "shop", "answered", 1),
                         (delivery.json["type"], delivery.json["account_id"], delivery.json["contact"]["external_id"], delivery.json["attempt"]))
        self.assertEqual((message["conversationId"], 1),
                         (delivery.json["conversation"]["id"], delivery.json["conversation"]["sequence"]))
        self.assertEqual((message["id"], "agent"), (delivery.json["message"]["id"], delivery.json["message"]["author"]["type"]))
        self.becomes(message, "sent")

    def test_notes_never_leave(self):
        # proves S2-24
        conversation = self.peer.write("hello", contact="gossiped-about")["conversation_id"]
        self.agent.post(f"/conversations/{conversation}/notes", {"text": "difficult customer"}).expect(201)
        self.agent.post(f"/conversations/{conversation}/messages", {"text": "Dear customer"}).expect(201)
        self.webhook.wait_for("Dear customer")
        self.assertNotIn("difficult", str([delivery.json for delivery in self.webhook.deliveries]))

    def test_three_failures_and_then_success(self):
        self.webhook.answer_with(500, 500, 500, 200)
        message = self.replied("flaky", "fourth time lucky")
        attempts = self.webhook.wait_for("fourth time lucky", attempts=4, within=40)
        self.becomes(message, "sent")
        self.assertEqual([1, 2, 3, 4], [attempt.json["attempt"] for attempt in attempts])
        self.assertEqual(1, len({attempt.json["message"]["id"] for attempt in attempts}))
        self.assertEqual(1, len({attempt.json["event_id"] for attempt in attempts}))
        self.assertEqual({1}, {attempt.json["conversation"]["sequence"] for attempt in attempts})
        self.assertTrue(all(attempt.signed_by(SECRET[1]) for attempt in attempts))

    def test_order_holds_while_the_first_fails(self):
        self.webhook.answer_with(500)
        message = self.replied("orderly", "first")
        self.agent.post(f"/conversations/{message['conversationId']}/messages", {"text": "second"}).expect(201)
        self.webhook.wait_for("second", within=30)
        mine = [d.text for d in self.webhook.messages() if d.json["contact"]["external_id"] == "orderly"]
        self.assertEqual(["first", "first", "second"], mine)

    def test_a_refusal_fails_at_once_with_its_reason(self):
        for answer in (410, 400, (301, {"Location": "/elsewhere"}, b"")):
            text = f"refused {answer if isinstance(answer, int) else answer[0]}"
            self.webhook.answer_with(answer if isinstance(answer, int) else lambda _, given=answer: given)
            message = self.replied(text, text)
            self.becomes(message, "failed")
            failure = next(m for m in self.messages(message["conversationId"]) if m["id"] == message["id"])["failure"]
            self.assertTrue(failure["code"] and failure["text"])
            self.assertEqual(1, len(self.webhook.messages(text)))

    def test_a_failed_message_is_sent_again_by_hand_with_the_same_id(self):
        self.webhook.answer_with(400)
        message = self.replied("second-chance", "once more")
        self.becomes(message, "failed")
        self.agent.post(f"/conversations/{message['conversationId']}/messages/{message['id']}/retry").expect(200)
        self.becomes(message, "sent")
        self.assertEqual(1, len({d.json["message"]["id"] for d in self.webhook.messages("once more")}))
        self.agent.post(f"/conversations/{message['conversationId']}/messages/{message['id']}/retry").expect(409)

    def test_the_answer_may_bring_an_own_id_and_status(self):
        body = json.dumps({"external_message_id": "theirs-1", "status": "delivered"}).encode()
        self.webhook.answer_with(lambda _: (200, {"Content-Type": "application/json"}, body))
        self.becomes(self.replied("synchronous", "delivered at once"), "delivered")

    def test_a_full_outbox_survives_a_kill_and_sends_each_once(self):
        self.webhook.answer_with(*[503] * 8)
        messages = [self.replied(f"queued-{number}", f"queued {number}") for number in range(8)]
        self.usher.kill()
        self.webhook.answer_with()
        before = {number: len(self.webhook.messages(f"queued {number}")) for number in range(8)}
        self.usher.start()
        for message in messages:
            self.becomes(message, "sent", within=40)
        for number in range(8):
            self.assertEqual(1, len(self.webhook.messages(f"queued {number}")) - before[number], f"queued {number}")

    def test_an_attempt_that_a_kill_cut_off_waits_for_its_account(self):
        asked, over = threading.Event(), threading.Event()
        self.addCleanup(over.set)

        def never(_):
            asked.set()
            over.wait(60)
            return 503, {}, b""

        self.webhook.answer_with(never)
        message = self.replied("cut-off", "cut off")
        self.assertTrue(asked.wait(20))
        self.usher.kill()
        over.set()
        self.webhook.answer_with()
        whole = self.usher.config.read_text(encoding="utf-8")
        document = json.loads(whole)
        document["accounts"] = [account for account in document["accounts"] if account["id"] != "shop"]
        self.usher.config.write_text(json.dumps(document), encoding="utf-8")
        self.addCleanup(self.usher.config.write_text, whole, encoding="utf-8")
        self.usher.start()
        self.assertEqual("sending", self.status_of(message), "nobody can say yet what became of it")
        self.usher.stop()
        self.usher.config.write_text(whole, encoding="utf-8")
        self.usher.start()
        self.becomes(message, "sent", within=40)
        self.assertEqual(1, len({delivery.json["message"]["id"] for delivery in self.webhook.messages("cut off")}))

    def test_what_was_sent_is_not_sent_again_after_a_restart(self):
        message = self.replied("settled", "sent before")
        self.becomes(message, "sent")
        self.usher.restart(hard=True)
        after = self.replied("settled-later", "sent after")
        self.becomes(after, "sent")
        self.assertEqual(1, len(self.webhook.messages("sent before")))

    # ---- statuses

    def test_statuses_rise_and_never_fall(self):
        # proves S2-19
        message = self.replied("ticks", "with ticks")
        self.becomes(message, "sent")
        for status, shown in (("delivered", "delivered"), ("read", "read"), ("delivered", "read"), ("failed", "read"), ("sent", "read")):
            entry = {"id": secrets.token_hex(6), "message_id": message["id"], "status": status, "at": "2026-11-20T09:16:05Z"}
            if status == "failed":
                entry["error"] = {"code": "late", "title": "too late", "retryable": False}
            self.peer.status(entry).expect(200)
            self.becomes(message, shown)

    def test_read_before_delivered(self):
        message = self.replied("fast-reader", "read at once")
        self.becomes(message, "sent")
        self.peer.status({"id": "fr-1", "message_id": message["id"], "status": "read", "at": "2026-11-20T09:16:05Z"},
                         {"id": "fr-2", "message_id": message["id"], "status": "delivered", "at": "2026-11-20T09:16:04Z"}).expect(200)
        self.becomes(message, "read")

    def test_a_failure_report_is_shown_with_its_title(self):
        message = self.replied("blocked", "are you there?")
        self.becomes(message, "sent")
        error = {"code": "recipient_blocked", "title": "User has blocked us", "retryable": False}
        self.peer.status({"id": "st-blocked", "message_id": message["id"], "status": "failed", "at": "2026-11-20T09:16:06Z",
                          "error": error}).expect(200)
        self.becomes(message, "failed")
        failure = next(m for m in self.messages(message["conversationId"]) if m["id"] == message["id"])["failure"]
        self.assertEqual(("recipient_blocked", "User has blocked us"), (failure["code"], failure["text"]))

    def test_bad_statuses_are_told_apart(self):
        message = self.replied("mixed", "mixed statuses")
        self.becomes(message, "sent")
        answer = self.peer.status(*[{"id": f"mix-{n}", "message_id": message["id"], "status": "delivered", "at": "2026-11-20T09:16:05Z"}
                                    for n in range(100)]).expect(200)
        self.assertIn("accepted", answer.json)
        many = [{"id": f"too-{n}", "message_id": message["id"], "status": "read", "at": "2026-11-20T09:16:05Z"} for n in range(101)]
        self.assertIn(self.peer.status(*many).status, (413, 422))
        answer = self.peer.status({"id": "x", "message_id": message["id"], "status": "devoured",
                                   "at": "2026-11-20T09:16:05Z"}).expect(200)
        self.assertEqual((0, ["x"]), (answer.json["accepted"], [one["id"] for one in answer.json["ignored"]]))


if __name__ == "__main__":
    unittest.main()

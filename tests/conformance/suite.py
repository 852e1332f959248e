"""What every channel has to do, whatever its provider: nothing lost, nothing twice, order kept, faults visible.

The running daemon with one account of the channel, its provider's double on loopback, and an agent at the API."""

import secrets
import unittest
from concurrent.futures import ThreadPoolExecutor

from tests.harness.client import call
from tests.harness.usher import Usher
from tests.harness.wait import eventually

from .adapter import Adapter, Customer

PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301"
                        "0100c9fe92ef0000000049454e44ae426082")
PATIENCE_S = 30


def needs(*traits: str):
    def mark(test):
        test.needs = traits
        return test
    return mark


class Conformance:
    """Mixed into a TestCase per adapter (cases_of)."""

    adapter_class: type[Adapter]
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.adapter = cls.adapter_class()
        cls.addClassCleanup(cls.adapter.close)
        cls.usher = Usher(accounts=[cls.adapter.account_settings()])
        cls.addClassCleanup(cls.usher.close)
        cls.usher.start()
        cls.admin = cls.usher.admin
        cls.inbox = next(inbox["id"] for inbox in cls.admin.get("/inboxes").data if inbox["isDefault"])
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])
        cls.customers = 0
        cls.adapter.ready(cls.usher)

    def setUp(self):
        missing = [trait for trait in getattr(getattr(self, self._testMethodName), "needs", ()) if trait not in self.adapter.can]
        if missing:
            self.skipTest(f"{self.adapter.channel} knows no {', '.join(missing)}")

    def run(self, result=None):
        failures = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > failures:
            import sys
            print(f"\n{self.id()}: {self.usher.tail()}", file=sys.stderr)
        return result

    # ---- in reach of the scenarios

    def someone(self, name: str = "Ana") -> Customer:
        type(self).customers += 1
        return self.adapter.customer(self.customers, f"{name} {self.customers}")

    def token(self) -> str:
        """A word that no other scenario says."""
        return secrets.token_hex(5)

    def conversation_with(self, word: str) -> dict | None:
        found = self.admin.get("/conversations", q=word, limit=200).data
        return found[0] if len(found) == 1 else None

    def arrived(self, word: str) -> dict:
        """The one conversation in which somebody said this."""
        return eventually(lambda: self.conversation_with(word), f"a conversation with {word!r}", within=PATIENCE_S)

    def inbound(self, conversation: dict) -> list[dict]:
        entries = self.admin.get(f"/conversations/{conversation['id']}/timeline", limit=200).data
        return [entry for entry in entries if entry["kind"] == "message" and entry["direction"] == "inbound"]

    def wait_inbound(self, conversation: dict, texts: list[str]) -> list[dict]:
        eventually(lambda: len(self.inbound(conversation)) >= len(texts), f"{len(texts)} messages", within=PATIENCE_S)
        entries = self.inbound(conversation)
        self.assertEqual(texts, [entry["text"] for entry in entries])
        return entries

    def greeted(self, name: str = "Ana") -> tuple[Customer, dict]:
        """A customer with a conversation."""
        customer, word = self.someone(name), self.token()
        customer.write(f"hello {word}")
        return customer, self.arrived(word)

    def reply(self, conversation: dict, text: str, **more) -> dict:
        return self.agent.post(f"/conversations/{conversation['id']}/messages", {"text": text} | more).expect(201).data

    def entry(self, message: dict) -> dict:
        entries = self.admin.get(f"/conversations/{message['conversationId']}/timeline", limit=200).data
        return next(entry for entry in entries if entry["id"] == message["id"])

    def becomes(self, message: dict, *statuses: str) -> dict:
        def there():
            now = self.entry(message)
            return now if now["status"] in statuses else self.assertIn(now["status"], statuses)
        return eventually(there, f"the message to be {' or '.join(statuses)}", within=PATIENCE_S)

    def sent(self, message: dict) -> dict:
        return self.becomes(message, self.adapter.sent_status, "delivered", "read")

    def seen(self, customer: Customer, text: str) -> list:
        return [one for one in customer.sees() if one.text == text]

    def wait_seen(self, customer: Customer, text: str):
        return eventually(lambda: self.seen(customer, text), f"the customer to see {text!r}", within=PATIENCE_S)[0]

    def account(self) -> dict:
        return self.admin.get(f"/accounts/{self.adapter.account}").expect(200).data

    def restart(self, *, hard: bool = False, **changes) -> None:
        """Stops, changes the account's settings, starts again."""
        code = self.usher.kill() if hard else self.usher.stop()
        if not hard:
            self.assertEqual(0, code, "a clean stop")
        self.start(**changes)

    def start(self, **changes) -> None:
        self.usher.configure(accounts=[self.adapter.account_settings() | changes])
        self.usher.start()
        if changes.get("enabled", True):
            self.adapter.ready(self.usher)

    # ---- in

    def test_a_message_arrives_once_as_it_was_written(self):
        customer, word = self.someone("Ana"), self.token()
        text = f"배송이 언제 되나요? 🚚 <b>&amp;</b> *{word}*\nsecond line"
        customer.write(text)
        conversation = self.arrived(word)
        entry = self.wait_inbound(conversation, [text])[0]
        self.assertEqual(("active", self.adapter.account, self.adapter.channel, "received", "contact"),
                         (conversation["status"], conversation["accountId"], conversation["channel"], entry["status"],
                          entry["author"]["type"]))
        if customer.address:
            self.assertEqual(customer.address, conversation["contact"]["address"])

    @needs("repeats")
    def test_what_comes_twice_is_taken_once(self):
        customer, word = self.someone(), self.token()
        said = customer.write(f"only once {word}")
        conversation = self.arrived(word)
        customer.repeat(said)
        customer.repeat(said)
        customer.write(f"and then {word}")
        self.wait_inbound(conversation, [f"only once {word}", f"and then {word}"])

    def test_order_holds_within_a_conversation(self):
        customer, word = self.someone(), self.token()
        texts = [f"{number} {word}" for number in range(20)]
        for text in texts:
            customer.write(text)
        self.wait_inbound(self.arrived(word), texts)

    def test_customers_do_not_mix(self):
        customers, word = [self.someone() for _ in range(5)], self.token()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda pair: [pair[1].write(f"{word}{pair[0]} {number}") for number in range(4)], enumerate(customers)))
        conversations = [self.arrived(f"{word}{number}") for number in range(5)]
        self.assertEqual(5, len({conversation["id"] for conversation in conversations}))
        for number, conversation in enumerate(conversations):
            self.wait_inbound(conversation, [f"{word}{number} {n}" for n in range(4)])

    @needs("forgery")
    def test_a_forgery_is_refused_and_leaves_nothing(self):
        word = self.token()
        self.assertIn(self.adapter.forge(f"forged {word}"), (401, 403))
        customer, after = self.someone(), self.token()
        customer.write(f"genuine {after}")
        self.arrived(after)
        self.assertEqual([], self.admin.get("/conversations", q=word).data)

    @needs("files_in")
    def test_a_file_comes_in_whole(self):
        customer, word, data = self.someone(), self.token(), b"%PDF-1.4 " + secrets.token_bytes(300_000)
        customer.send_file(data, "receipt.pdf", "application/pdf", f"my receipt {word}")
        entry = self.inbound(self.arrived(word))[0]
        self.assertEqual(["receipt.pdf"], [attachment["name"] for attachment in entry["attachments"]])
        attachment = eventually(lambda: (a := self.entry(entry)["attachments"][0])["state"] == "ready" and a, "the file to be ready")
        self.assertEqual((len(data), "application/pdf"), (attachment["sizeBytes"], attachment["mimeType"]))
        link = self.admin.get(f"/attachments/{attachment['id']}").expect(200).data["url"]
        self.assertEqual(data, call(self.usher.public_url, "GET", link.removeprefix(self.usher.public_url)).raw)

    @needs("edits")
    def test_a_customers_correction_replaces_the_text(self):
        customer, word = self.someone(), self.token()
        said = customer.write(f"frist {word}")
        conversation = self.arrived(word)
        customer.edit(said, f"first {word}")
        eventually(lambda: [entry["text"] for entry in self.inbound(conversation)] == [f"first {word}"], "the correction")

    # ---- out

    def test_a_reply_reaches_the_customer_once(self):
        customer, conversation = self.greeted()
        message = self.reply(conversation, "내일 도착합니다. <i>not markup</i> & *this* _neither_ 🙂")
        self.sent(message)
        self.wait_seen(customer, message["text"])
        self.assertEqual(1, len(self.seen(customer, message["text"])))

    def test_replies_keep_their_order(self):
        customer, conversation = self.greeted()
        texts = [f"reply {number}" for number in range(6)]
        messages = [self.reply(conversation, text) for text in texts]
        for message in messages:
            self.sent(message)
        self.wait_seen(customer, texts[-1])
        self.assertEqual(texts, [one.text for one in customer.sees() if one.text in texts])

    def test_the_longest_text_arrives_whole(self):
        customer, conversation = self.greeted()
        text = ("word 🙂 " * (self.adapter.longest_text // 7))[:self.adapter.longest_text - 3] + "end"
        self.sent(self.reply(conversation, text))
        eventually(lambda: "".join(one.text for one in customer.sees()).replace("\n", " ").split() == text.split(), "all of the text")

    def test_notes_never_leave(self):
        customer, conversation = self.greeted()
        self.agent.post(f"/conversations/{conversation['id']}/notes", {"text": "difficult customer"}).expect(201)
        self.sent(self.reply(conversation, "Dear customer"))
        self.wait_seen(customer, "Dear customer")
        self.assertNotIn("difficult", str(customer.sees()))

    @needs("files_out")
    def test_a_file_goes_out_whole(self):
        customer, conversation = self.greeted()
        big = secrets.token_bytes(1_500_000)
        for data, name, mime in ((PICTURE, "map.png", "image/png"), (big, "data.bin", "application/octet-stream")):
            made = self.agent.request("POST", "/attachments", raw=data, query={"name": name}, headers={"Content-Type": mime}).expect(201)
            text = f"see {name}"
            self.sent(self.reply(conversation, text, attachmentIds=[made.data["id"]]))
            eventually(lambda: [data] in [one.files for one in customer.sees()], f"{name} on the customer's screen")
            self.wait_seen(customer, text)

    @needs("receipts")
    def test_receipts_rise_and_never_fall(self):
        customer, conversation = self.greeted()
        message = self.reply(conversation, "with ticks")
        self.sent(message)
        seen = self.wait_seen(customer, "with ticks")
        customer.receipt(seen, "read")
        self.becomes(message, "read")
        customer.receipt(seen, "delivered")
        self.sent(self.reply(conversation, "something later"))
        self.assertEqual("read", self.entry(message)["status"])

    @needs("outage")
    def test_an_outage_loses_and_doubles_nothing(self):
        customer, conversation = self.greeted()
        with self.adapter.outage():
            messages = [self.reply(conversation, f"during the outage {number}") for number in range(3)]
            eventually(lambda: self.entry(messages[0])["status"] in ("queued", "sending"), "the first to wait")
        texts = [message["text"] for message in messages]
        for message in messages:
            self.sent(message)
        eventually(lambda: [one.text for one in customer.sees() if one.text in texts] == texts, "all of it, in order")

    @needs("rate_limit")
    def test_a_pause_that_the_provider_asks_for_is_kept(self):
        customer, conversation = self.greeted()
        self.adapter.ask_for_pause(1)
        first, second = self.reply(conversation, "not too fast"), self.reply(conversation, "behind it")
        self.sent(first), self.sent(second)
        eventually(lambda: [one.text for one in customer.sees()] == ["not too fast", "behind it"], "both, in order, once")

    @needs("ambiguity")
    def test_a_send_without_an_answer_is_not_hidden(self):
        customer, conversation = self.greeted()
        self.adapter.lose_answer()
        message = self.reply(conversation, "did you get this?")
        self.becomes(message, self.adapter.ambiguous_status, "delivered" if self.adapter.ambiguous_status == "sent" else "unknown")
        after = self.reply(conversation, "the next one goes")
        self.sent(after)
        self.wait_seen(customer, "the next one goes")
        self.assertEqual(1, len(self.seen(customer, "did you get this?")))

    @needs("blocks")
    def test_a_customer_who_blocks_us_is_a_failure_with_its_reason(self):
        customer, conversation = self.greeted()
        customer.block()
        message = self.becomes(self.reply(conversation, "are you there?"), "failed")
        self.assertTrue(message["failure"]["code"] and message["failure"]["text"], message)
        other, elsewhere = self.greeted()
        self.sent(self.reply(elsewhere, "you are not concerned"))
        self.wait_seen(other, "you are not concerned")

    # ---- life

    def test_the_account_is_ready_and_keeps_its_secrets(self):
        self.greeted()
        account = eventually(lambda: (now := self.account())["state"] == "ready" and now, "the account to be ready")
        self.assertIsNone(account["lastError"])
        shown = str(self.admin.get("/accounts").data) + str(self.admin.get("/channels").data) + self.usher.log
        for secret in self.adapter.secrets:
            self.assertNotIn(secret, shown)

    @needs("credentials")
    def test_refused_credentials_are_told_and_heal(self):
        customer, conversation = self.greeted()
        self.adapter.refuse_credentials(True)
        message = self.reply(conversation, "behind a locked door")
        account = eventually(lambda: (now := self.account())["state"] == "failed" and now, "the account to have failed")
        self.assertIn("401", account["lastError"])
        self.assertIn(self.entry(message)["status"], ("queued", "sending"))
        self.adapter.refuse_credentials(False)
        self.restart()
        self.sent(message)
        self.assertEqual(1, len(self.seen(customer, "behind a locked door")))

    def test_a_kill_in_the_middle_loses_and_doubles_nothing(self):
        customer, word = self.someone(), self.token()
        texts = [f"{number} {word}" for number in range(12)]
        for text in texts[:6]:
            customer.write(text)
        conversation = self.arrived(word)
        first = self.reply(conversation, f"before {word}")
        self.sent(first)
        self.usher.kill()
        if "queue" in self.adapter.can:
            for text in texts[6:]:
                customer.write(text)
        self.start()
        if "queue" not in self.adapter.can:
            for text in texts[6:]:
                customer.write(text)
        self.wait_inbound(conversation, texts)
        self.sent(self.reply(conversation, f"after {word}"))
        self.wait_seen(customer, f"after {word}")
        self.assertEqual([f"before {word}", f"after {word}"], [one.text for one in customer.sees()])

    @needs("outage")
    def test_what_waited_to_be_sent_survives_a_kill(self):
        customer, conversation = self.greeted()
        with self.adapter.outage():
            message = self.reply(conversation, "through it all")
            eventually(lambda: self.entry(message)["status"] == "queued", "the message to wait")
            self.usher.kill()
        self.start()
        # An attempt that was cut off just then is told as what it is; a person sends it again.
        now = self.becomes(message, self.adapter.sent_status, "delivered", self.adapter.ambiguous_status)
        if now["status"] == "unknown":
            self.agent.post(f"/conversations/{conversation['id']}/messages/{message['id']}/retry").expect(200)
        self.sent(message)
        self.assertEqual(1, len(self.seen(customer, "through it all")))

    @needs("outage")
    def test_a_start_during_an_outage_heals(self):
        with self.adapter.outage():
            self.assertEqual(0, self.usher.stop(), "a clean stop")
            self.usher.start()
        self.adapter.ready(self.usher)
        customer, conversation = self.greeted()
        self.sent(self.reply(conversation, "we are back"))
        self.wait_seen(customer, "we are back")
        account = eventually(lambda: (now := self.account())["state"] == "ready" and now, "the account to be ready", within=PATIENCE_S)
        self.assertIsNone(account["lastError"])

    @needs("queue")
    def test_a_disabled_account_rests_and_goes_on_when_enabled(self):
        customer, conversation = self.greeted()
        word = self.token()
        self.restart(enabled=False)
        account = self.account()
        self.assertEqual((False, "stopped"), (account["enabled"], account["state"]))
        customer.write(f"while you were away {word}")
        message = self.reply(conversation, "written meanwhile")
        self.assertIn(message["status"], ("queued", "held"))
        self.restart()
        self.arrived(word)
        self.sent(message)
        self.wait_seen(customer, "written meanwhile")
        self.assertEqual(1, len(self.seen(customer, "written meanwhile")))


def cases_of(adapters: dict[str, type[Adapter]]) -> dict[str, type[unittest.TestCase]]:
    """A TestCase per adapter."""
    return {name: type(f"Conformance[{name}]", (Conformance, unittest.TestCase), {"adapter_class": adapter})
            for name, adapter in adapters.items()}

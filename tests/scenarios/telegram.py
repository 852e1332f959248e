"""What is Telegram's own: kinds of messages, buttons, groups, conflicts, and what the operator reads. The rest is in the
conformance suite (tests/conformance)."""

import json
import secrets
import threading
import unittest

from tests.doubles.telegram.double_test import Client
from tests.doubles.telegram.telegram import CUT_BEFORE, Refusal, Telegram, bad
from tests.harness import settings
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually


class ByPolling(Scenario):
    @classmethod
    def configure(cls):
        cls.telegram = Telegram()
        cls.addClassCleanup(cls.telegram.close)
        return {"accounts": [settings.open_account("shop", cls.webhook.url), settings.telegram_account("tg", cls.telegram)]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])
        cls.people = 0

    def tearDown(self):
        self.telegram.heal()

    def someone(self):
        type(self).people += 1
        return self.telegram.person(7_000 + self.people, f"Ana{self.people}", last_name="Petrova", username=f"ana_{self.people}")

    def conversation_of(self, person) -> dict:
        def found():
            return next((c for c in self.admin.get("/conversations", limit=200).data if c["contact"]["address"] == str(person.chat_id)), None)
        return eventually(found, f"the conversation of {person.chat_id}", within=30)

    def entries(self, person, count: int) -> list[dict]:
        conversation = self.conversation_of(person)["id"]
        return eventually(lambda: len(found := self.messages(conversation)) >= count and found, f"{count} messages", within=30)

    def reply(self, person, text: str, **more) -> dict:
        return self.agent.post(f"/conversations/{self.conversation_of(person)['id']}/messages", {"text": text} | more).expect(201).data

    def account(self, id: str = "tg") -> dict:
        return self.admin.get(f"/accounts/{id}").expect(200).data

    def test_who_writes_is_named(self):
        person = self.someone()
        person.write("hello")
        contact = self.admin.get(f"/contacts/{self.conversation_of(person)['contactId']}").data
        self.assertEqual((f"Ana{self.people} Petrova", f"@ana_{self.people}"), (contact["name"], contact["attributes"]["telegram_username"]))

    def test_kinds_are_shown_as_what_they_are(self):
        person = self.someone()
        person.say(dice={"emoji": "🎲", "value": 4})
        person.say(location={"latitude": 52.52, "longitude": 13.405})
        person.say(contact={"phone_number": "+49151", "first_name": "Bo"})
        person.say(poll={"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]})
        person.say(text="🙂 see here", entities=[{"type": "text_link", "offset": 7, "length": 4, "url": "https://a.test/"}])
        person.say(hologram={"depth": 3})
        person.media("sticker", b"RIFF\0\0\0\0WEBP", "s.webp", "image/webp", emoji="😀")
        texts = [entry["text"] for entry in self.entries(person, 7)]
        self.assertEqual(["[Dice 🎲 4]", "[Location] 52.52, 13.405", "[Contact] Bo, +49151", "[Poll] Tea?\n- yes\n- no",
                          "🙂 see here (https://a.test/)", "[Telegram: hologram]", "[Sticker 😀]"], texts)

    def test_files_of_several_kinds_and_an_album(self):
        person = self.someone()
        person.media("voice", b"OggS" + secrets.token_bytes(500), "v.ogg", "audio/ogg", duration=2)
        for number in range(3):
            person.photo(secrets.token_bytes(700), f"picture {number}", media_group_id="13")
        person.media("document", b"x", "film.mkv", "video/x-matroska", "too big", size=(20 << 20) + 1)
        entries = self.entries(person, 5)
        self.assertEqual([["v.ogg"], ["photo.jpg"], ["photo.jpg"], ["photo.jpg"], []],
                         [[attachment["name"] for attachment in entry["attachments"]] for entry in entries])
        self.assertEqual("too big\n[File film.mkv is larger than the 20 MB that Telegram hands to bots]", entries[-1]["text"])

    def test_a_file_that_fails_twice_arrives_in_the_end(self):
        person = self.someone()
        self.telegram.fail("getFile", Refusal(500, "Internal Server Error: restart"))
        self.telegram.fail("download", Refusal(404, "Not Found"))
        person.photo(b"\xff\xd8\xff" + secrets.token_bytes(100), "third time lucky")
        entry = self.entries(person, 1)[0]
        self.assertEqual(("third time lucky", 1), (entry["text"], len(entry["attachments"])))

    def test_replies_point_at_messages_both_ways(self):
        person = self.someone()
        asked = person.write("which colour?")
        question = self.entries(person, 1)[0]
        answer = self.reply(person, "the blue one", replyToId=question["id"])
        seen = eventually(lambda: person.sees, "the answer")[0]
        self.assertEqual(asked["message_id"], seen["reply_to_message"]["message_id"])
        person.write("thanks", reply_to=seen["message_id"])
        self.assertEqual(answer["id"], self.entries(person, 3)[-1]["replyToId"])

    def test_a_button_is_a_message_and_its_spinner_ends(self):
        person = self.someone()
        person.write("hi")
        self.entries(person, 1)
        with self.telegram.lock:
            shown = person.chat.add({"from": self.telegram.bot.user, "date": 1, "text": "Which order?",
                                     "reply_markup": {"inline_keyboard": [[{"text": "The first", "callback_data": "order:1"}]]}})
        query = person.press(shown["message_id"], "order:1")
        self.assertEqual("The first", self.entries(person, 2)[-1]["text"])
        eventually(lambda: query in [answer["callback_query_id"] for answer in self.telegram.bot.answers], "the spinner to end")

    def test_an_edit_that_changes_nothing_is_none(self):
        person = self.someone()
        message = person.write("as it is")
        before = self.entries(person, 1)[0]
        person.edit(message["message_id"], text="as it is")
        person.write("and on")
        self.assertEqual(before["version"], self.entries(person, 2)[0]["version"])

    def test_ids_of_messages_are_their_chats_own(self):
        one, two = self.someone(), self.someone()
        one.write("first", as_id=42)
        two.write("second", as_id=42)
        self.assertEqual(["first"], [entry["text"] for entry in self.entries(one, 1)])
        self.assertEqual(["second"], [entry["text"] for entry in self.entries(two, 1)])

    def test_numbers_that_begin_anew_lose_nothing(self):
        person = self.someone()
        person.write("before the quiet week")
        self.entries(person, 1)
        eventually(lambda: not self.telegram.pending, "it to be confirmed")
        with self.telegram.lock:
            self.telegram.bot.jump_ids(1_000 + secrets.randbelow(1000))
        person.write("after it")
        self.assertEqual("after it", self.entries(person, 2)[-1]["text"])
        with self.telegram.lock:
            self.telegram.bot.jump_ids(900_000_000)

    def test_groups_are_left_politely(self):
        group = self.telegram.group(-1001234567890)
        group.add_bot()
        group.write("hello bot")
        eventually(lambda: self.telegram.calls("leaveChat"), "the bot to leave")
        self.assertEqual(["I answer in private chats only. Please write to me directly."], group.texts)
        self.assertEqual([], [c for c in self.admin.get("/conversations", limit=200).data if c["contact"]["address"].startswith("-")])

    def test_whoever_blocks_the_bot_is_shown_so(self):
        person = self.someone()
        person.write("bye")
        self.entries(person, 1)
        contact = self.conversation_of(person)["contactId"]
        reachability = lambda: self.admin.get(f"/contacts/{contact}").data["identities"][0]["reachability"]
        person.block()
        eventually(lambda: reachability() == "blocked_us", "the block to be shown")
        person.block(False)
        eventually(lambda: reachability() == "reachable", "the end of the block to be shown")

    def test_typing_is_passed_on(self):
        person = self.someone()
        person.write("are you there?")
        self.agent.post(f"/conversations/{self.conversation_of(person)['id']}/typing").expect(204)
        eventually(lambda: person.chat.actions == ["typing"], "typing")

    def test_a_refused_picture_goes_as_a_file(self):
        person = self.someone()
        person.write("send me the map")
        picture = bytes.fromhex("89504e470d0a1a0a") + secrets.token_bytes(200)
        made = self.agent.request("POST", "/attachments", raw=picture, query={"name": "map.png"}, headers={"Content-Type": "image/png"})
        self.telegram.fail("sendPhoto", bad("PHOTO_INVALID_DIMENSIONS"))
        self.reply(person, "the map", attachmentIds=[made.expect(201).data["id"]])
        seen = eventually(lambda: person.sees, "the file")[0]
        self.assertEqual(("the map", picture), (seen["caption"], person.bytes_of(seen)))

    def test_parts_of_a_long_message_are_never_sent_twice(self):
        person = self.someone()
        person.write("tell me everything")
        self.entries(person, 1)
        self.telegram.fail("sendMessage", None, CUT_BEFORE)
        message = self.reply(person, "".join(f"line {number:05}\n" for number in range(1000)))
        status = lambda: next(m for m in self.messages(message["conversationId"]) if m["id"] == message["id"])["status"]
        eventually(lambda: status() in ("sent", "unknown"), "an outcome", within=30)
        lines = "\n".join(person.texts).split()
        self.assertEqual(len(lines), len(set(lines)) + lines.count("line") - 1)

    def test_another_poller_is_told_to_the_operator(self):
        rival, stop = Client(self.telegram), threading.Event()

        def poll():
            while not stop.is_set():
                rival.call("getUpdates", offset=0, timeout=0)
                stop.wait(0.05)

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            account = eventually(lambda: (now := self.account())["state"] in ("degraded", "failed") and now, "the conflict", within=30)
            self.assertIn("409: another program polls this bot", account["lastError"])
        finally:
            stop.set()
            thread.join()
            self.usher.restart()
        eventually(lambda: self.account()["state"] == "ready", "the account to be ready", within=30)

    def test_an_outage_of_polling_is_shown_and_passes(self):
        self.telegram.go_away()
        account = eventually(lambda: (now := self.account())["state"] == "degraded" and now, "the outage to be shown", within=30)
        self.assertIn("telegram/tg: poll: Telegram: ", account["lastError"])
        self.assertNotIn(self.telegram.token.partition(":")[2], json.dumps(account) + self.usher.log)
        person = self.someone()
        self.telegram.come_back()
        person.write("finally")
        self.entries(person, 1)
        eventually(lambda: self.account()["state"] == "ready", "the account to be ready", within=30)

    def test_a_stop_does_not_wait_for_the_long_poll(self):
        self.assertEqual(0, self.usher.stop())
        self.usher.start()


class ByWebhook(Scenario):
    @classmethod
    def configure(cls):
        cls.telegram = Telegram()
        cls.addClassCleanup(cls.telegram.close)
        return {"accounts": [settings.open_account("shop", cls.webhook.url), settings.telegram_account("tg", cls.telegram, mode="webhook")]}

    def test_an_answer_that_was_lost_is_no_second_message(self):
        person = self.telegram.person(5, "Ana")
        eventually(lambda: self.telegram.bot.webhook, "the webhook")
        self.telegram.delivery.lose_acks = 2
        person.write("only once")
        eventually(lambda: not self.telegram.pending, "Telegram to be content")
        self.assertEqual([200, 200, 200], [status for _, status in self.telegram.delivery.attempts])
        found = eventually(lambda: self.admin.get("/conversations", q="only once").data, "the conversation")
        self.assertEqual(["only once"], [entry["text"] for entry in self.messages(found[0]["id"])])

    def test_a_bot_that_is_no_bot_fails_in_words(self):
        self.telegram.revoke()
        try:
            self.usher.restart()
            account = self.admin.get("/accounts/tg").data
            self.assertEqual("failed", account["state"])
            self.assertEqual("401: Telegram refuses the bot token (Unauthorized); get the present one from @BotFather and set bot_token",
                             account["lastError"])
        finally:
            self.telegram.revoke(False)
            self.usher.restart()
        eventually(lambda: self.admin.get("/accounts/tg").data["state"] == "ready", "the account to be ready")


if __name__ == "__main__":
    unittest.main()

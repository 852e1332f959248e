"""Telegram, both ways in which its messages come."""

import json
from contextlib import contextmanager

from tests.conformance.adapter import Adapter, Customer, Said, Seen
from tests.doubles.telegram.telegram import CUT, Telegram, too_many
from tests.harness import settings
from tests.harness.wait import eventually


class Person(Customer):
    def __init__(self, telegram: Telegram, id: int, name: str):
        self.telegram, self.address = telegram, str(id)
        self.person = telegram.person(id, *name.split(" ", 1)[:1], last_name=name.split(" ", 1)[1])

    def write(self, text: str) -> Said:
        return Said(text, self.person.write(text))

    def repeat(self, said: Said) -> None:
        self.telegram.inject(message=said.key)

    def send_file(self, data: bytes, name: str, mime: str, text: str) -> Said:
        return Said(text, self.person.media("document", data, name, mime, text))

    def edit(self, said: Said, text: str) -> None:
        self.person.edit(said.key["message_id"], text=text)

    def sees(self) -> list[Seen]:
        files = {"photo", "document", "video", "audio", "voice", "animation"}
        return [Seen(message.get("text", message.get("caption", "")),
                     [self.person.bytes_of(message)] if files & message.keys() else [], message["message_id"])
                for message in self.person.sees]

    def block(self) -> None:
        self.person.block()


class TelegramAdapter(Adapter):
    channel = "telegram"
    can = frozenset({"repeats", "files_in", "files_out", "edits", "queue", "outage", "rate_limit", "ambiguity", "blocks", "credentials"})
    ambiguous_status = "unknown"  # the Bot API knows no idempotency key
    longest_text = 9000           # split into messages of 4096
    mode = "polling"

    def __init__(self):
        self.telegram = Telegram()
        self.secrets = (self.telegram.token, self.telegram.token.partition(":")[2], "the-secret-of-the-webhook")

    def account_settings(self) -> dict:
        return settings.telegram_account(self.account, self.telegram, mode=self.mode, webhook_secret="the-secret-of-the-webhook")

    def ready(self, usher) -> None:
        """Telegram keeps what is said until it is asked for it."""

    def customer(self, number: int, name: str) -> Person:
        return Person(self.telegram, 5_044_120_000 + number, name)

    @contextmanager
    def outage(self):
        self.telegram.go_away()
        try:
            yield
        finally:
            self.telegram.come_back()

    def ask_for_pause(self, seconds: int) -> None:
        self.telegram.fail("sendMessage", too_many(seconds))

    def lose_answer(self) -> None:
        self.telegram.fail("sendMessage", CUT)

    def refuse_credentials(self, refused: bool) -> None:
        self.telegram.revoke(refused)

    def close(self) -> None:
        self.telegram.close()


class TelegramByWebhook(TelegramAdapter):
    can = TelegramAdapter.can | {"forgery"}
    mode = "webhook"

    def ready(self, usher) -> None:
        address = f"{usher.public_url}/channels/{self.account}/updates"
        eventually(lambda: (self.telegram.bot.webhook or {}).get("url") == address, "Usher to register its webhook")

    def forge(self, text: str) -> int:
        update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": text, "from": {"id": 666, "first_name": "Mallory"},
                                              "chat": {"id": 666, "type": "private"}}}
        statuses = {self.telegram.forge(update, secret) for secret in (None, "", "the-secret-of-the-webhooK", json.dumps({}))}
        return statuses.pop() if len(statuses) == 1 else 200


ADAPTERS = {"telegram-polling": TelegramAdapter, "telegram-webhook": TelegramByWebhook}

"""The open channel: a peer that signs, and its webhook."""

import hashlib
import secrets
from contextlib import contextmanager

from tests.conformance.adapter import Adapter, Customer, Said, Seen
from tests.doubles.open.peer import SECRET, OpenPeer, Webhook
from tests.harness import settings
from tests.harness.client import call


class Shopper(Customer):
    def __init__(self, adapter: "OpenAdapter", address: str, name: str):
        self.adapter, self.address, self.name = adapter, address, name

    def message(self, text: str, **more) -> dict:
        return OpenPeer.message(text, contact=self.address, name=self.name, **more)

    def write(self, text: str) -> Said:
        message = self.message(text)
        self.adapter.bring(message)
        return Said(text, message)

    def repeat(self, said: Said) -> None:
        self.adapter.peer.post("/messages", said.key).expect(200)

    def send_file(self, data: bytes, name: str, mime: str, text: str) -> Said:
        upload = self.adapter.peer.upload(data, name, mime).expect(201).json
        content = {"type": "media", "text": text, "attachments": [{"upload_id": upload["upload_id"], "name": name}]}
        message = self.message("") | {"content": content}
        self.adapter.bring(message)
        return Said(text, message)

    def edit(self, said: Said, text: str) -> None:
        event = {"id": f"ev-{secrets.token_hex(6)}", "type": "message.edited", "contact": {"external_id": self.address},
                 "message_id": said.key["id"], "content": {"type": "text", "text": text}}
        self.adapter.peer.post("/events", event).expect(200, 202)

    def sees(self) -> list[Seen]:
        taken: dict[str, Seen] = {}
        for delivery in self.adapter.taken:
            if delivery.json["type"] != "message.created" or delivery.json["contact"]["external_id"] != self.address:
                continue
            content = delivery.json["message"]["content"]
            base = self.adapter.usher.public_url
            files = [call(base, "GET", attachment["url"].removeprefix(base)).raw for attachment in content.get("attachments", [])]
            # A shop knows a repeated delivery by the message's id.
            taken.setdefault(delivery.json["message"]["id"], Seen(content.get("text", ""), files, delivery.json["message"]["id"]))
        return list(taken.values())

    def receipt(self, seen: Seen, status: str) -> None:
        self.adapter.peer.status({"id": secrets.token_hex(6), "message_id": seen.key, "status": status,
                                  "at": "2026-11-20T09:16:05Z"}).expect(200)

    def block(self) -> None:
        self.adapter.blocked.add(self.address)


class OpenAdapter(Adapter):
    channel = "open"
    can = frozenset({"repeats", "forgery", "files_in", "files_out", "edits", "receipts", "queue", "outage", "rate_limit", "ambiguity", "blocks"})
    secrets = (SECRET[1],)

    def __init__(self):
        self.usher = self.peer = None
        self.waiting: list[dict] = []  # what could not be brought yet
        self.taken: list = []
        self.blocked: set[str] = set()
        self.away = False
        self.webhook = Webhook()
        self.webhook.answer_with(*[self.answer] * 10_000)
        self.next: list = []

    def answer(self, delivery):
        """What the shop's server does with a delivery."""
        if self.away:
            return 503, {}, b""
        if delivery.json["type"] == "message.created" and self.next:
            step = self.next.pop(0)
            if step == "cut":
                self.taken.append(delivery)
                return None
            return 429, {"Retry-After": str(step)}, b""
        if delivery.json.get("contact", {}).get("external_id") in self.blocked:
            return 410, {}, b""
        self.taken.append(delivery)
        return 200, {}, b""

    def account_settings(self) -> dict:
        account = settings.open_account(self.account, self.webhook.url)
        account["config"]["features"] = {"edit": True}
        return account

    def ready(self, usher) -> None:
        self.usher, self.peer = usher, OpenPeer(usher, self.account)
        waiting, self.waiting = self.waiting, []
        for message in waiting:
            self.bring(message)

    def bring(self, message: dict) -> None:
        """As a shop's server does: what is not taken is kept, in order, for later."""
        try:
            taken = not self.waiting and self.peer.post("/messages", message).status in (200, 202)
        except OSError:
            taken = False
        if not taken:
            self.waiting.append(message)

    def customer(self, number: int, name: str) -> Shopper:
        return Shopper(self, f"customer-{number}", name)

    def forge(self, text: str) -> int:
        sign = "v1=" + hashlib.sha256(b"a guess").hexdigest()
        return self.peer.post("/messages", OpenPeer.message(text, contact="mallory"), sign=sign).status

    @contextmanager
    def outage(self):
        self.away = True
        try:
            yield
        finally:
            self.away = False

    def ask_for_pause(self, seconds: int) -> None:
        self.next.append(seconds)

    def lose_answer(self) -> None:
        self.next.append("cut")

    def close(self) -> None:
        self.webhook.close()


ADAPTERS = {"open": OpenAdapter}

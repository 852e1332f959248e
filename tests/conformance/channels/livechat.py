"""Live chat: visitors speak to Usher itself, so there is no provider that could be away."""

import json
import secrets

from tests.conformance.adapter import Adapter, Customer, Said, Seen
from tests.harness import settings
from tests.harness.client import call


class Visitor(Customer):
    def __init__(self, adapter: "LivechatAdapter"):
        self.adapter = adapter
        self.token = self.ask("POST", "session", {}).expect(200, 201).json["token"]

    def ask(self, method: str, path: str, body=None, *, raw: bytes | None = None, content_type: str = "application/json"):
        headers = {"Content-Type": content_type, "Origin": self.adapter.usher.public_url}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        payload = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        return call(self.adapter.usher.public_url, method, f"/channels/{self.adapter.account}/{path}", payload, headers)

    def say(self, text: str, **more) -> Said:
        frame = {"type": "message", "id": f"v-{secrets.token_hex(8)}", "text": text} | more
        self.adapter.bring(self, frame)
        return Said(text, frame)

    def write(self, text: str) -> Said:
        return self.say(text)

    def repeat(self, said: Said) -> None:
        self.ask("POST", "messages", said.key).expect(200)

    def send_file(self, data: bytes, name: str, mime: str, text: str) -> Said:
        upload = self.ask("POST", f"uploads?name={name}", raw=data, content_type=mime).expect(201).json
        return self.say(text, uploadIds=[upload["id"]])

    def entries(self) -> list[dict]:
        found, after = [], ""
        while True:
            page = self.ask("GET", f"poll?after={after}").expect(200).json
            found += [frame["entry"] for frame in page["frames"] if frame["type"] == "entry"]
            if not page["frames"] or page["cursor"] == after:
                return found
            after = page["cursor"]

    def sees(self) -> list[Seen]:
        last = {entry["id"]: entry for entry in self.entries() if entry["direction"] == "outbound"}
        base = self.adapter.usher.public_url
        return [Seen(entry["text"], [call(base, "GET", attachment["url"].removeprefix(base)).raw for attachment in entry["attachments"]],
                     entry["id"]) for entry in last.values()]

    def receipt(self, seen: Seen, status: str) -> None:
        if status == "read":
            self.ask("POST", "events", {"type": "read", "id": seen.key}).expect(204)


class LivechatAdapter(Adapter):
    channel = "livechat"
    can = frozenset({"repeats", "forgery", "files_in", "files_out", "receipts", "queue"})
    longest_text = 10_000

    def __init__(self):
        self.usher = None
        self.waiting: list[tuple[Visitor, dict]] = []

    def account_settings(self) -> dict:
        return settings.livechat_account(self.account)

    def ready(self, usher) -> None:
        self.usher = usher
        waiting, self.waiting = self.waiting, []
        for visitor, frame in waiting:
            self.bring(visitor, frame)

    def bring(self, visitor: Visitor, frame: dict) -> None:
        """As the widget does: what is not acknowledged waits in the browser."""
        try:
            taken = not self.waiting and visitor.ask("POST", "messages", frame).status in (200, 201, 202)
        except OSError:
            taken = False
        if not taken:
            self.waiting.append((visitor, frame))

    def customer(self, number: int, name: str) -> Visitor:
        return Visitor(self)

    def forge(self, text: str) -> int:
        mallory = Visitor(self)
        mallory.token = mallory.token[:-6] + ("AAAAAA" if not mallory.token.endswith("AAAAAA") else "BBBBBB")
        return mallory.ask("POST", "messages", {"type": "message", "id": "v-forged", "text": text}).status


ADAPTERS = {"livechat": LivechatAdapter}

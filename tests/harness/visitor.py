"""A visitor of a site with live chat, over the visitor API that the widget uses where it has no WebSocket."""

import json
import secrets

from .client import Answer, call


class Visitor:
    def __init__(self, usher, account: str = "web"):
        self.usher, self.account, self.token = usher, account, None
        self.token = self.post("session", {}).expect(200, 201).json["token"]

    def post(self, path: str, body: dict) -> Answer:
        headers = {"Content-Type": "application/json", "Origin": self.usher.public_url}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return call(self.usher.public_url, "POST", f"/channels/{self.account}/{path}", json.dumps(body).encode(), headers)

    def write(self, text: str, page: str | None = None, **visitor) -> str:
        """Says something from that page; the stored message's id."""
        frame = {"type": "message", "id": f"v-{secrets.token_hex(8)}", "text": text}
        if page:
            frame["page"] = {"url": page, "title": "A page"}
        if visitor:
            frame["visitor"] = visitor
        return self.post("messages", frame).expect(200, 201, 202).json["id"]

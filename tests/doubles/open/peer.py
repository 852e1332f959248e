"""The other side of the open channel: a shop's server that signs what it sends, and a webhook that takes what we send.

Signing is written here a second time, from the contract and with Python's own hmac, so that an error in the plugin's
code cannot hide in both. Contract: plugins/channels/open/README.md."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.harness.client import Answer, call
from tests.harness.wait import eventually

SECRET = ("k1", "oc-test-secret-of-32-bytes-and-more")


def signature(secret: str, timestamp: int | str, method: str, target: str, body: bytes) -> str:
    text = f"{timestamp}.{method} {target}.".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class OpenPeer:
    """Speaks for one account, as its customers' server would."""

    def __init__(self, usher, account: str, secret: str = SECRET[1]):
        self.usher, self.account, self.secret = usher, account, secret

    def request(self, method: str, path: str, body: bytes = b"", *, timestamp=None, sign=None, headers=None,
                content_type="application/json") -> Answer:
        """One signed request. `sign` replaces the value of the signature header; None in headers takes one away."""
        target = f"/channels/{self.account}{path}"
        timestamp = int(time.time()) if timestamp is None else timestamp
        sent = {"X-Usher-Timestamp": str(timestamp),
                "X-Usher-Signature": sign if sign is not None else "v1=" + signature(self.secret, timestamp, method, target, body),
                "Content-Type": content_type} | (headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        return call(self.usher.public_url, method, target, body if method != "GET" else None, sent)

    def post(self, path: str, body: dict, **more) -> Answer:
        return self.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), **more)

    @staticmethod
    def message(text: str, *, id: str | None = None, contact: str = "customer-1", name: str | None = None, **more) -> dict:
        person = {"external_id": contact} | ({"name": name} if name else {})
        return {"id": id or f"m-{secrets.token_hex(8)}", "contact": person, "content": {"type": "text", "text": text}} | more

    def write(self, text: str, **more) -> dict:
        """A customer's message that must be taken; the answer: id, conversation_id, duplicate."""
        answer = self.post("/messages", self.message(text, **more)).expect(202)
        return answer.json

    def status(self, *statuses: dict) -> Answer:
        return self.post("/statuses", {"statuses": list(statuses)})

    def upload(self, data: bytes, name: str, mime: str, **more) -> Answer:
        """Uploads sign a digest instead of the bytes."""
        digest = hashlib.sha256(data).hexdigest()
        timestamp, target = int(time.time()), f"/channels/{self.account}/uploads"
        sign = "v1=" + signature(self.secret, timestamp, "POST", target, digest.encode())
        headers = {"X-Usher-Content-SHA256": digest, "X-Usher-Filename": name} | more.pop("headers", {})
        return self.request("POST", "/uploads", data, timestamp=timestamp, sign=sign, headers=headers, content_type=mime, **more)


class Delivery:
    """One attempt that reached the webhook."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes):
        self.method, self.target, self.body = handler.command, handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.json = json.loads(body) if body else None

    def signed_by(self, secret: str) -> bool:
        expected = signature(secret, self.headers.get("x-usher-timestamp", ""), self.method, self.target, self.body)
        given = [part.strip().removeprefix("v1=") for part in self.headers.get("x-usher-signature", "").split(",")]
        return expected in given

    @property
    def text(self) -> str:
        return self.json["message"]["content"]["text"]


class Webhook:
    """A shop's endpoint on loopback. It answers 200 unless a script says otherwise: `answer_with(500, 500, 200)` for the
    next attempts, or a function from Delivery to (status, headers, body)."""

    def __init__(self):
        self.deliveries: list[Delivery] = []
        self._script: list = []
        self._lock = threading.Lock()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                delivery = Delivery(self, body)
                with webhook._lock:
                    step = webhook._script.pop(0) if webhook._script else 200
                    webhook.deliveries.append(delivery)
                answer = step(delivery) if callable(step) else (step, {}, b"")
                if answer is None:  # taken, and the line is cut before the answer
                    self.close_connection = True
                    return
                status, headers, payload = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/inbox-events"

    def answer_with(self, *steps) -> None:
        with self._lock:
            self._script = list(steps)

    def messages(self, text: str | None = None) -> list[Delivery]:
        """The attempts to deliver a message, or just those with this text."""
        with self._lock:
            seen = [delivery for delivery in self.deliveries if delivery.json["type"] == "message.created"]
        return [delivery for delivery in seen if text is None or delivery.text == text]

    def wait_for(self, text: str, attempts: int = 1, within: float = 15) -> list[Delivery]:
        return eventually(lambda: (found := self.messages(text)) and len(found) >= attempts and found,
                          f"{attempts} deliveries of {text!r}", within=within)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

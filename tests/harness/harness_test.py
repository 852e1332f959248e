"""The harness itself: what it is to find, it finds."""

import json
import socket
import threading
import unittest

from tests.doubles.open.peer import Webhook, signature
from tests.harness.client import Answer, call
from tests.harness.openapi import Contract
from tests.harness.websocket import Refused, WebSocket


def document(schema: dict) -> dict:
    return {"openapi": "3.1.0", "servers": [{"url": "/api/support"}],
            "components": {"schemas": {"Inbox": {"type": "object", "additionalProperties": False, "required": ["id"],
                                                 "properties": {"id": {"type": "string"},
                                                                "at": {"type": ["string", "null"], "format": "date-time"}}}}},
            "paths": {"/inboxes/{id}": {"get": {"responses": {"200": {"description": "", "content": {
                "application/json": {"schema": schema}}}, "204": {"description": ""}}}}}}


class OpenApi(unittest.TestCase):
    def faults(self, body, status: int = 200, path: str = "/api/support/inboxes/7", schema=None) -> str:
        schema = schema or {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Inbox"}}, "required": ["data"]}
        raw = json.dumps(body).encode() if body is not None else b""
        try:
            Contract(document(schema), "/api/support").check("GET", path, Answer(f"GET {path}", status, [], raw))
        except AssertionError as problem:
            return str(problem)
        return ""

    def test_an_answer_as_documented_passes(self):
        self.assertEqual("", self.faults({"data": {"id": "7", "at": "2026-11-20T09:15:29.871Z"}}))
        self.assertEqual("", self.faults({"data": {"id": "7", "at": None}}))
        self.assertEqual("", self.faults(None, status=204))

    def test_every_difference_is_named_with_its_path(self):
        told = self.faults({"data": {"at": "yesterday", "colour": 1}})
        for what in ("/data/id: is missing", "/data/colour: is not in the document", "/data/at: 'yesterday' is not a time in UTC"):
            self.assertIn(what, told)
        self.assertIn("/data/id: 7 is not string", self.faults({"data": {"id": 7}}))

    def test_an_undocumented_status_or_path_is_found(self):
        self.assertIn("status 201 is not documented", self.faults({"data": {"id": "7"}}, status=201))
        self.assertIn("is not in the OpenAPI document", self.faults({"data": {}}, path="/api/support/secret"))

    def test_one_of_means_exactly_one(self):
        schema = {"oneOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]}
        self.assertEqual("", self.faults({"a": 1}, schema=schema))
        self.assertIn("fits 2 of oneOf", self.faults({"a": 1, "b": 2}, schema=schema))
        self.assertIn("fits 0 of oneOf", self.faults({"c": 1}, schema=schema))

    def test_a_keyword_that_is_not_understood_is_no_pass(self):
        self.assertIn("does not know", self.faults({"data": {}}, schema={"unevaluatedProperties": False}))


class Peer(unittest.TestCase):
    def test_signatures_are_those_of_the_contract(self):
        for method, target, body, expected in (
                ("POST", "/channels/shop1/messages", b'{"type":"message","text":"hi"}',
                 "7beaa29ce7747cc1aa4d1898fa32f3cf4012fca4831d5a2427acac5fbabab5a3"),
                ("GET", "/channels/shop1/health", b"", "412fd435d5322fd2b6569bc1d0bea4d3dfdacbde0e1557e14768bbd8060fa85d"),
                ("POST", "/channels/shop1/uploads", b"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                 "bcdbce1b03e1219ef4eedbcad9ae17a406050ddd70d260aea49434a9c7e2b9ed")):
            self.assertEqual(expected, signature("oc-test-secret", 1700000000, method, target, body))

    def test_the_webhook_follows_its_script_and_then_takes_everything(self):
        webhook = Webhook()
        self.addCleanup(webhook.close)
        base = webhook.url.removesuffix("/inbox-events")
        webhook.answer_with(500, lambda delivery: (429, {"Retry-After": "2"}, b"later"))
        body = json.dumps({"type": "message.created", "message": {"content": {"text": "hi"}}}).encode()
        statuses = [call(base, "POST", "/inbox-events", body).status for _ in range(3)]
        self.assertEqual([500, 429, 200], statuses)
        self.assertEqual(3, len(webhook.wait_for("hi", attempts=3)))


class Sockets(unittest.TestCase):
    def serve(self, answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def talk():
            peer, _ = listener.accept()
            with peer:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += peer.recv(4096)
                peer.sendall(answer)
                peer.recv(4096)

        threading.Thread(target=talk, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_a_refused_upgrade_says_its_status(self):
        with self.assertRaises(Refused) as refusal:
            WebSocket(self.serve(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "/realtime")
        self.assertEqual(403, refusal.exception.status)

    def test_a_server_that_does_not_prove_the_handshake_is_not_believed(self):
        with self.assertRaisesRegex(AssertionError, "Sec-WebSocket-Accept"):
            WebSocket(self.serve(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n"), "/realtime")


if __name__ == "__main__":
    unittest.main()

"""The bounds of usher.yaml hold in the running daemon: floods, connections, heads, slow clients, bodies, guesses."""

import socket
import time
import unittest

from tests.harness import settings
from tests.harness.client import BASE, call
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually


class Bounded(Scenario):
    requests_per_s = 10_000

    @classmethod
    def configure(cls):
        return super().configure() | {"extra": {"limits": {
            "requests_per_s": cls.requests_per_s, "connections_per_address": 60, "header_bytes": 4096, "header_timeout_s": 1, "body_timeout_s": 1,
            "body_bytes": 20_000, "json_depth": 8, "login_failures": 3, "login_window_s": 600}}}

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.usher.port), timeout=20)
        self.addCleanup(connection.close)
        return connection

    def everything(self, connection) -> bytes:
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


class Flood(Bounded):
    requests_per_s = 200

    def test_a_flood_from_one_address_is_told_when_to_come_again(self):
        connection = self.connect()
        request = b"GET /api/support/auth/state HTTP/1.1\r\nHost: x\r\n\r\n"
        seen = b""
        deadline = time.monotonic() + 30
        while b" 429 " not in seen:
            self.assertLess(time.monotonic(), deadline, "no 429")
            connection.sendall(request * 50)
            seen = seen[-20:] + connection.recv(1 << 20)
        self.assertIn(b"retry-after:", (seen + connection.recv(1 << 20)).lower())
        eventually(lambda: call(self.usher.url, "GET", "/healthz").status == 200, "the flood to be forgiven")


class Limits(Bounded):
    def test_one_address_has_so_many_connections(self):
        held = []
        for _ in range(60):
            held.append(self.connect())
        refused = self.connect()
        refused.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = self.everything(refused)
        self.assertTrue(answer == b"" or b" 429 " in answer or b" 503 " in answer, answer)
        for connection in held:
            connection.close()
        eventually(lambda: call(self.usher.url, "GET", "/healthz").status == 200, "others to be let in")

    def test_heads_and_bodies_end_somewhere(self):
        connection = self.connect()
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 8000 + b"\r\n\r\n")
        self.assertRegex(self.everything(connection), rb"^HTTP/1.1 431 ")
        self.admin.post("/contacts", {"name": "x" * 30_000}).expect(413)
        self.admin.post("/contacts", raw=b'{"name":' + b"[" * 20 + b"]" * 20 + b"}", headers={"Content-Type": "application/json"}).expect(400)

    def test_who_sends_too_slowly_is_let_go(self):
        heads, bodies = self.connect(), self.connect()
        heads.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        bodies.sendall(b"POST /api/support/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n"
                       b"X-API-Key: " + settings.ADMIN_KEY.encode() + b"\r\n\r\n{")
        self.assertRegex(self.everything(heads), rb"^(HTTP/1.1 408 |$)")
        self.assertRegex(self.everything(bodies), rb"^(HTTP/1.1 408 |$)")

    def test_guessing_a_password_ends(self):
        person = self.usher.person("Gus Guessed", "agent")
        for _ in range(3):
            call(self.usher.url, "POST", BASE + "/auth/login", b'{"email":"gus.guessed@example.test","password":"wrong wrong wrong"}',
                 {"Content-Type": "application/json"}).expect(401)
        answer = self.usher.anonymous().post("/auth/login", {"email": person.email, "password": person.password})
        answer.expect(429)
        self.assertTrue(any(name.lower() == "retry-after" for name, _ in answer.headers))


if __name__ == "__main__":
    unittest.main()

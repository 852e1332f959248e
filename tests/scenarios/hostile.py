"""Everything a client can get wrong, at every operation of the OpenAPI document: an answer from the document, never a 5xx,
never another's data, and a daemon that goes on as before."""

import json
import socket
import unittest
from urllib.parse import urlsplit

from tests.harness import settings
from tests.harness.client import BASE, call, contract
from tests.harness.hostile import Requests, operations
from tests.harness.scenario import Scenario

MARK = "the-other-inbox-8c1f"
# These end the session that the test goes on with, or are refused before anything is read.
LEFT_OUT = {("POST", "/auth/logout"), ("GET", "/realtime")}


class Hostile(Scenario):
    @classmethod
    def configure(cls):
        return super().configure() | {"extra": {"limits": {"requests_per_s": 100_000, "login_failures": 100_000}}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        written = cls.peer.write(f"hello {MARK}", contact="customer-1", name="Ann")
        conversation = written["conversation_id"]
        cls.conversation_id = conversation
        entry = cls.admin.get(f"/conversations/{conversation}/timeline").data[0]
        contact = cls.admin.get(f"/conversations/{conversation}").data["contact"]["id"]
        agent = cls.usher.person("Anna Agent", "agent")
        cls.stranger = cls.usher.person("Stan Stranger", "agent")
        cls.document = cls.admin.get(settings.OPENAPI, checked=False).json
        cls.requests = Requests(cls.document, {
            "conversations": conversation, "contacts": contact, "messages": entry["id"], "inboxes": cls.inbox, "users": agent.user,
            "members": agent.user, "roles": "agent", "accounts": "shop", "channels": "open"})

    def send(self, api, method: str, target: str, body: bytes | None, kind: str):
        return api.request(method, target, raw=body, headers={"Content-Type": kind} if body is not None else None, checked=False)

    def test_every_operation_answers_what_is_wrong(self):
        # proves S4-34
        sent, bad = 0, []
        for method, path, operation in operations(self.document):
            if (method, path.removeprefix(BASE)) in LEFT_OUT:
                continue
            for what, target, body, kind in self.requests.of(path, operation):
                target = target if target.startswith(BASE) else BASE + target
                answer = self.send(self.admin, method, target, body, kind)
                sent += 1
                where = f"{method} {target[:150]} with {what}: {answer.status} {answer.raw[:300]!r}"
                if answer.status >= 500:
                    bad.append(where)
                    continue
                try:
                    contract(self.usher).check(method, target, answer)
                except AssertionError as broken:
                    bad.append(f"{where} ({str(broken)[-300:]})")
                if answer.status >= 400:
                    error = answer.json.get("error", {})
                    if not error.get("code") or not error.get("message"):
                        bad.append(where + " (no error.code and error.message)")
        self.assertEqual([], bad[:25], f"{len(bad)} of {sent} requests")
        self.assertGreater(sent, 1000)
        self.admin.get("/me").expect(200)
        self.assertEqual(0, self.usher_restarts())

    def usher_restarts(self) -> int:
        return 0 if self.usher.process.poll() is None else 1

    def test_nobody_gets_what_is_another_s(self):
        # proves S0-22
        leaks = []
        for method, path, operation in operations(self.document):
            if (method, path.removeprefix(BASE)) in LEFT_OUT or method == "DELETE":
                continue
            schema = self.requests.body(operation)
            body = json.dumps(self.requests.example(schema)).encode() if schema else None
            answer = self.send(self.stranger, method, self.requests.path(path), body, "application/json")
            if MARK.encode() in answer.raw or answer.status >= 500:
                leaks.append(f"{method} {path}: {answer.status} {answer.raw[:300]!r}")
        for query in ("q=hello", f"contactId={self.requests.known['contacts']}", "status=active", "assigneeId=none"):
            answer = self.stranger.get(f"/conversations?{query}")
            if MARK.encode() in answer.raw:
                leaks.append(f"GET /conversations?{query}: {answer.raw[:300]!r}")
        self.assertEqual([], leaks)
        self.assertIn(MARK, str(self.admin.get(f"/conversations/{self.conversation_id}").json), "the mark is there to be found")

    def test_without_a_key_nothing_is_answered(self):
        # proves S4-37
        open_to_all = []
        for method, path, operation in operations(self.document):
            schema = self.requests.body(operation)
            body = json.dumps(self.requests.example(schema)).encode() if schema else None
            target = self.requests.path(path)
            target = target if target.startswith(BASE) else BASE + target
            answer = call(self.usher.url, method, target, body, {"Content-Type": "application/json"} if body else {})
            if answer.status < 400 or MARK.encode() in answer.raw:
                open_to_all.append(f"{method} {path.removeprefix(BASE)}")
        self.assertLessEqual(set(open_to_all), {"GET /openapi.json", "GET /auth/state", "GET /setup", "POST /auth/logout"})

    def raw(self, origin: str, data: bytes) -> bytes:
        parts = urlsplit(origin)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer

    def test_requests_that_two_readers_would_read_differently(self):
        key = f"X-API-Key: {settings.ADMIN_KEY}\r\nHost: x\r\n".encode()
        for what, head in {
            "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
            "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "a space before the colon": b"Transfer-Encoding : chunked\r\n",
            "an encoding nobody knows": b"Transfer-Encoding: xchunked\r\n",
            "a folded line": b"X-A: a\r\n b: c\r\n",
            "a bare line feed": b"X-A: a\nX-B: b\r\n",
            "a signed length": b"Content-Length: +5\r\n",
        }.items():
            for origin in (self.usher.url, self.usher.public_url):
                smuggled = b"GET /api/support/me HTTP/1.1\r\n" + key + b"\r\n"
                answer = self.raw(origin, b"POST /api/support/contacts HTTP/1.1\r\n" + key + head + b"\r\n0\r\n\r\n" + smuggled)
                self.assertRegex(answer, rb"^HTTP/1.1 (400|501) ", what)
                self.assertEqual(1, answer.count(b"HTTP/1.1 "), f"{what}: {answer!r}")

    def test_a_body_that_comes_byte_by_byte(self):
        """What ended the whole daemon once: the last chunk's line, and then a single byte."""
        parts = urlsplit(self.usher.url)
        for body in (b"0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"2;a=b\r\n{}\r\n000\r\nX-T: 1\r\n\r\n"):
            with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(b"POST /api/support/contacts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                                   b"Transfer-Encoding: chunked\r\nX-API-Key: " + settings.ADMIN_KEY.encode() + b"\r\n\r\n")
                self.assertRegex(connection.recv(65536), rb"^HTTP/1.1 100 ")  # from here on the body is read as it comes
                for index in range(len(body)):
                    connection.sendall(body[index:index + 1])
                self.assertRegex(connection.recv(65536), rb"^HTTP/1.1 4\d\d ", body)
        self.admin.get("/me").expect(200)

    def test_no_path_leads_out_of_the_workspace(self):
        for path in ("/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5c..%5cetc/passwd",
                     "//etc/passwd", "/%00", "/.git/config", "/files/../../../etc/passwd", "/files/%2e%2e%2f%2e%2e%2fetc%2fpasswd"):
            for origin in (self.usher.url, self.usher.public_url):
                answer = self.raw(origin, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertNotIn(b"root:", answer, path)
                self.assertNotRegex(answer, rb"^HTTP/1.1 5", path)


if __name__ == "__main__":
    unittest.main()

"""TLS by configuration: both listeners, cookies and headers that follow from it, certificates read anew, and one clear line where
a file is wrong."""

import base64
import http.client
import json
import secrets
import signal
import socket
import ssl
import subprocess
import unittest

from tests.harness import settings
from tests.harness.client import BASE
from tests.harness.usher import Usher
from tests.harness.wait import eventually


class TlsUsher(Usher):
    def __init__(self, **more):
        super().__init__(database="sqlite", **more)
        self.certificate, self.key = self.folder / "tls.crt", self.folder / "tls.key"
        document = json.loads(self.config.read_text())
        document["listeners"] = {"tls": {"certificate": str(self.certificate), "key": str(self.key)}}
        self.config.write_text(json.dumps(document, indent=2))

    url = property(lambda self: f"https://localhost:{self.port}")
    public_url = property(lambda self: f"https://localhost:{self.public_port}")

    def make_certificate(self, name: str = "first") -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", f"/O={name}/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", str(self.key), "-out", str(self.certificate)], check=True, capture_output=True)

    def connection(self, port: int | None = None) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection("localhost", port or self.port, timeout=20, context=context)

    def ready(self) -> bool:
        if self.process.poll() is not None:
            raise ChildProcessError(f"usherd ended with status {self.process.returncode}")
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, target: str, body=None, headers=None, port: int | None = None):
        connection = self.connection(port)
        try:
            connection.request(method, target, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"} | (headers or {}))
            response = connection.getresponse()
            return response.status, dict((name.lower(), value) for name, value in response.getheaders()), response.read()
        finally:
            connection.close()

    def shown(self) -> str:
        """Whose certificate is shown to a new connection."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=20)) as connection:
            der = connection.getpeercert(binary_form=True)
        return "second" if b"second" in der else "first"


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.usher = TlsUsher()
        cls.addClassCleanup(cls.usher.close)
        cls.usher.make_certificate()
        cls.usher.start()

    def test_cookies_are_secure_and_browsers_are_told_to_stay(self):
        status, headers, _ = self.usher.ask("POST", BASE + "/auth/login",
                                            {"email": settings.ADMIN_EMAIL, "password": settings.ADMIN_PASSWORD})
        self.assertEqual(200, status)
        for attribute in ("Secure", "HttpOnly", "SameSite=Strict"):
            self.assertIn(attribute, headers["set-cookie"])
        self.assertIn("max-age=", headers["strict-transport-security"])

    def test_both_sides_and_the_socket(self):
        self.assertEqual(404, self.usher.ask("GET", "/channels/nobody/x", port=self.usher.public_port)[0])
        connection = self.usher.connection()
        self.addCleanup(connection.close)
        connection.request("GET", BASE + "/realtime", headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "X-API-Key": settings.ADMIN_KEY,
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode()})
        self.assertEqual(101, connection.getresponse().status)

    def test_plain_http_is_not_answered(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.usher.port, timeout=20)
        self.addCleanup(connection.close)
        with self.assertRaises((OSError, http.client.HTTPException)):
            connection.request("GET", "/readyz")
            connection.getresponse()
        self.assertTrue(self.usher.ready())

    def test_old_protocols_are_refused(self):
        ran = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.usher.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                             input=b"", capture_output=True, timeout=20)
        self.assertNotEqual(0, ran.returncode)

    def test_certificates_are_read_again(self):
        usher = TlsUsher()
        self.addCleanup(usher.close)
        usher.make_certificate()
        usher.start()
        self.assertEqual("first", usher.shown())
        usher.certificate.write_text("no certificate")
        usher.process.send_signal(signal.SIGHUP)
        eventually(lambda: "nothing was changed" in usher.log, "the refusal in the log")
        self.assertEqual("first", usher.shown())
        usher.make_certificate("second")
        usher.process.send_signal(signal.SIGHUP)
        eventually(lambda: usher.shown() == "second", "the new certificate")

    def test_behind_a_proxy_links_and_cookies_follow_the_origin_of_the_workspace(self):
        usher = Usher(database="sqlite", extra={"workspace_url": "https://desk.example.test"})
        self.addCleanup(usher.close)
        usher.start()
        made = usher.admin.post("/users", {"name": "Ann", "email": "ann@example.test", "roles": ["agent"]}).expect(201)
        self.assertTrue(made.json["invitation"]["url"].startswith("https://desk.example.test/"), made)
        login = usher.anonymous().post("/auth/login", {"email": settings.ADMIN_EMAIL, "password": settings.ADMIN_PASSWORD},
                                       headers={"Origin": "https://desk.example.test"}).expect(200)
        self.assertIn("; Secure", str(login.headers))

    def test_a_file_that_is_not_there_is_one_line_at_its_place(self):
        usher = TlsUsher()
        self.addCleanup(usher.close)
        usher.spawn()
        self.assertEqual(1, usher.process.wait(timeout=60))
        for name, file in (("certificate", "tls.crt"), ("key", "tls.key")):
            self.assertRegex(usher.log, rf"usher\.yaml:\d+:\d+: listeners\.tls\.{name}: the file .*{file} cannot be read: No such file")


if __name__ == "__main__":
    unittest.main()

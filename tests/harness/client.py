"""The API as any client sees it. Every answer is held against the OpenAPI document that usherd serves."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

from . import settings
from .openapi import Contract

BASE = "/api/support"


class Answer:
    def __init__(self, request: str, status: int, headers, raw: bytes):
        self.request, self.status, self.headers, self.raw = request, status, headers, raw

    @property
    def json(self):
        try:
            return json.loads(self.raw)
        except ValueError:
            raise AssertionError(f"{self} is not JSON") from None

    def expect(self, *statuses: int) -> "Answer":
        if self.status not in statuses:
            raise AssertionError(f"{self}; expected {' or '.join(map(str, statuses))}")
        return self

    @property
    def data(self):
        """What a successful answer wraps."""
        if not 200 <= self.status < 300:
            raise AssertionError(f"{self}; expected success")
        if "data" not in self.json:
            raise AssertionError(f"{self} has no member data")
        return self.json["data"]

    @property
    def error(self) -> dict:
        """What a refusal says; its shape is checked here, for every refusal any test looks at."""
        error = self.json.get("error")
        if not isinstance(error, dict) or not error.get("code") or not error.get("message"):
            raise AssertionError(f"{self}: a refusal says error.code and error.message")
        return error

    @property
    def paths(self) -> set[str]:
        """The paths of all faults that a validation answer lists."""
        return {detail["path"] for detail in self.error.get("details", [])}

    def __str__(self):
        return f"{self.request} -> {self.status} {self.raw[:2000].decode('utf-8', 'replace')}"


class Api:
    def __init__(self, usher, key: str | None = None):
        self.usher, self.key = usher, key
        self.cookie = self.csrf = self.user = self.email = self.password = None

    # ---- who I am

    def signed_in(self, user: str, email: str, password: str) -> None:
        self.user, self.email, self.password = user, email, password

    def login(self, email: str | None = None, password: str | None = None) -> "Api":
        self.cookie = None
        answer = self.post("/auth/login", {"email": email or self.email, "password": password or self.password}).expect(200)
        self.signed_in(answer.data["user"]["id"], email or self.email, password or self.password)
        return self

    def available(self) -> "Api":
        self.put("/me/availability", {"status": "available"}).expect(200)
        return self

    def realtime(self, after: str | None = None):
        """A realtime socket, past its first frame."""
        from .realtime import Realtime
        return Realtime(self, after)

    # ---- calls

    def get(self, path: str, **query) -> Answer:
        return self.request("GET", path, query=query)

    def post(self, path: str, body=None, **more) -> Answer:
        return self.request("POST", path, body, **more)

    def put(self, path: str, body=None, **more) -> Answer:
        return self.request("PUT", path, body, **more)

    def patch(self, path: str, body=None, **more) -> Answer:
        return self.request("PATCH", path, body, **more)

    def delete(self, path: str, **more) -> Answer:
        return self.request("DELETE", path, **more)

    def authentication(self) -> dict[str, str]:
        if self.key:
            return {"X-API-Key": self.key}
        return {"Cookie": self.cookie, "Origin": self.usher.url} if self.cookie else {}

    def request(self, method: str, path: str, body=None, *, query=None, headers=None, raw: bytes | None = None,
                idempotency_key: str | None = None, checked: bool = True) -> Answer:
        sent = self.authentication()
        payload = raw
        if body is not None:
            payload = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        if self.cookie and self.csrf and method != "GET":
            sent["X-CSRF-Token"] = self.csrf
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        sent |= headers or {}
        sent = {name: value for name, value in sent.items() if value is not None}
        target = (path if path.startswith("/api/") else BASE + path) + (f"?{urlencode(query, doseq=True)}" if query else "")
        answer = call(self.usher.url, method, target, payload, sent)
        for header, value in answer.headers:
            if header.lower() == "set-cookie" and value.startswith("usher_session="):
                self.cookie = value.partition(";")[0]
        if path.startswith("/auth/") and answer.status == 200 and isinstance(answer.json.get("data"), dict):
            self.csrf = answer.json["data"].get("csrfToken") or self.csrf
            self.user = answer.json["data"].get("user", {}).get("id") or self.user
        if checked:
            contract(self.usher).check(method, target, answer)
        return answer


def call(base: str, method: str, target: str, body: bytes | None = None, headers: dict | None = None,
         timeout: float = 60) -> Answer:
    """One request on a connection of its own, sent as it stands."""
    connection = http.client.HTTPConnection(urlsplit(base).hostname, urlsplit(base).port, timeout=timeout)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(f"{method} {target}", response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def contract(usher) -> Contract:
    if not hasattr(usher, "contract"):
        answer = call(usher.url, "GET", settings.OPENAPI, headers={"X-API-Key": settings.ADMIN_KEY})
        usher.contract = Contract(answer.expect(200).json, BASE)
    return usher.contract

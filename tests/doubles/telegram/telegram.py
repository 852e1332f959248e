"""Telegram's Bot API on loopback, for one bot: what the provider would do, and what tests need to make it do.

    telegram = Telegram()                         # telegram.url is the Bot API's base, telegram.token the bot's
    ana = telegram.person(5044120077, "Ana")
    ana.write("hello")                            # an update for the bot
    telegram.fail("sendMessage", too_many(2))     # the next call is refused
    telegram.calls("sendMessage"), ana.sees       # what the bot did; what Ana has on her screen

Contract: the fact sheet of the channel, as far as the Bot API's own server behaves so. Pauses between deliveries and
before repeated conflicts are shortened by `pace`; the clock for ages (links, updates) is `telegram.clock`."""

import json
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from .delivery import Delivery, post
from .methods import Call, Methods
from .people import Group, Person
from .requests import parameters_of
from .state import Bot, Clock, Refusal, bad, shown, too_many

__all__ = ["CUT", "CUT_BEFORE", "GARBAGE", "Refusal", "Telegram", "bad", "too_many"]

CUT = "cut"                # the call is carried out, and the connection breaks before the answer
CUT_BEFORE = "cut before"  # the connection breaks, and nothing was carried out
GARBAGE = "garbage"        # carried out, and answered with what is no JSON
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")


class Telegram:
    def __init__(self, *, token: str = "123456789:AAE-test-token_of-the-double", username: str = "shop_help_bot",
                 allow_http: bool = True, pace: float = 0.05):
        self.token, self.pace = token, pace
        self.clock = Clock()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.bot = Bot(token, self.clock, username)
        self.delivering = True
        self.methods = Methods(self.bot, allow_http, self._long_poll, self._webhook_changed)
        self._calls: list[Call] = []
        self._faults: dict[str, list] = {}
        self._poll_number, self._poll_ends = 0, ""
        self._last_poll = (None, 0.0)
        self._conflicts = 0
        self._connections: set[socket.socket] = set()
        self._server = None
        self._port = 0
        self.come_back()
        self.delivery = Delivery(self, pace)

    url = property(lambda self: f"http://127.0.0.1:{self._port}")

    # ---- people

    def person(self, id: int, first_name: str = "Ana", **facts) -> Person:
        """Somebody who has pressed Start. With their texts, files and button presses: people.py."""
        return Person(self, id, {"first_name": first_name} | facts)

    def group(self, id: int, title: str = "Friends", type: str = "supergroup") -> Group:
        return Group(self, id, title, type)

    def inject(self, id: int | None = None, **payload) -> int | None:
        """An update with this payload, such as message={...}; its id, or None where the bot does not want its kind."""
        with self.changed:
            queued = self.bot.add_update(payload, id=id)
            self.changed.notify_all()
            return queued

    def forge(self, update: dict, secret: str | None) -> int:
        """Posts an update to the webhook as somebody else would. The status that came back."""
        return post(self.bot.webhook["url"], update, secret)[0]

    # ---- what tests look at

    def calls(self, method: str | None = None) -> list[Call]:
        with self.lock:
            return [call for call in self._calls if method is None or call.method.lower() == method.lower()]

    @property
    def pending(self) -> list[dict]:
        """Updates that the bot has not confirmed."""
        with self.lock:
            return [shown(update) for update in self.bot.updates]

    # ---- what tests make happen

    def fail(self, method: str, *faults) -> None:
        """The next calls of a method, one each: a Refusal, CUT, CUT_BEFORE, GARBAGE, None for as usual, or a function that
        is called before (to wait, say)."""
        with self.lock:
            self._faults.setdefault(method.lower(), []).extend(faults)

    def heal(self) -> None:
        with self.lock:
            self._faults.clear()

    def revoke(self, revoked: bool = True) -> None:
        with self.changed:
            self.bot.revoked = revoked
            self.changed.notify_all()

    def hold(self, held: bool = True) -> None:
        """Updates are kept back: nothing is delivered, and polls stay empty."""
        with self.changed:
            self.delivering = not held
            self.changed.notify_all()

    def go_away(self) -> None:
        """Nothing listens any more, and what was connected is cut off."""
        if not self._server:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        with self.changed:
            self._poll_number += 1  # those who wait go
            for connection in list(self._connections):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._connections.clear()
            self.changed.notify_all()

    def come_back(self) -> None:
        telegram = self

        class Handler(_Handler):
            pass

        Handler.telegram = telegram
        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.delivery.stop()
        self.go_away()

    # ---- inside

    def _next_fault(self, method: str):
        with self.lock:
            waiting = self._faults.get(method.lower())
            return waiting.pop(0) if waiting else None

    def _webhook_changed(self, ends_polls: str | None) -> None:
        if ends_polls:
            self._poll_number += 1
            self._poll_ends = ends_polls
        self.changed.notify_all()

    def _long_poll(self, offset: int, limit: int, timeout: float) -> list[dict]:
        bot, now = self.bot, time.monotonic()
        self._poll_number += 1  # the one before is over
        self._poll_ends = "terminated by other getUpdates request; make sure that only one bot instance is running"
        mine = self._poll_number
        self.changed.notify_all()
        bot.forget_old()
        if offset > 0:
            bot.updates = [update for update in bot.updates if update["update_id"] >= offset]
        elif offset < 0:
            bot.updates = bot.updates[offset:]
        last, since = self._last_poll
        if last == offset and now - since < 3:
            timeout = max(timeout, 3 * self.pace) if timeout < 3 else timeout
            if now - since < 0.5:
                limit = 1
        self._last_poll = (offset, now)
        until = now + timeout
        while True:
            if self._poll_number != mine:
                raise Refusal(409, "Conflict: " + self._poll_ends)
            if bot.revoked:
                raise Refusal(401, "Unauthorized")
            if bot.updates and self.delivering:
                return [shown(update) for update in bot.updates[:limit]]
            left = until - time.monotonic()
            if left <= 0:
                return []
            self.changed.wait(left)

    def executed(self, body: bytes) -> None:
        """A webhook's answer may be an API call; nobody hears of its result."""
        try:
            asked = json.loads(body)
        except ValueError:
            return
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return
        method = asked.pop("method")
        if method.lower().startswith("get") or method.lower() in ("setwebhook", "deletewebhook", "close", "logout"):
            return
        try:
            self.carry_out(Call(method, asked))
        except Refusal:
            pass

    def carry_out(self, call: Call):
        with self.lock:
            self._calls.append(call)
            try:
                call.result = self.methods.run(call)
            except Refusal as refusal:
                call.refused = refusal.code
                raise
            return call.result

    def token_of(self, path: str) -> str:
        """The token in /bot<token>/..., if it is this bot's."""
        token = unquote(path)
        if len(token) > 80 or token.startswith("0") or ":" not in token:
            raise Refusal(401, "Unauthorized: invalid token specified")
        if token != self.token or self.bot.revoked:
            raise Refusal(401, "Unauthorized")
        return token

    def download(self, path: str) -> bytes:
        with self.lock:
            file, until = self.bot.links.get(path, (None, 0))
            if not file or self.clock.now() > until:
                raise Refusal(404, "Not Found")
            return self.bot.files[file].data

    def conflict_pause(self) -> float:
        """Repeated conflicts are answered late."""
        with self.lock:
            self._conflicts += 1
            return 3 * self.pace if self._conflicts > 1 else 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # broken connections are what tests ask for


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    telegram: Telegram

    def setup(self):
        super().setup()
        self.telegram._connections.add(self.connection)

    def finish(self):
        self.telegram._connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if not self.headers.get("Transfer-Encoding") else self._chunks()
        fault = None
        try:
            parts = urlsplit(self.path)
            if parts.path.startswith("/file/bot"):
                token, _, path = parts.path.removeprefix("/file/bot").partition("/")
                self.telegram.token_of(token)
                fault = self.telegram._next_fault("download")
                if isinstance(fault, Refusal):
                    raise fault
                if fault == CUT_BEFORE:
                    return self._cut()
                return self._answer_bytes(self.telegram.download(unquote(path)))
            if not parts.path.startswith("/bot") or parts.path.count("/") != 2:
                raise Refusal(404, "Not Found")
            token, _, method = parts.path.removeprefix("/bot").partition("/")
            self.telegram.token_of(token)
            parameters, files = parameters_of(parts.query, self.headers.get("Content-Type", ""), body)
            fault = self.telegram._next_fault(method)
            if callable(fault):
                fault = fault()
            if fault == CUT_BEFORE:
                return self._cut()
            call = Call(method, parameters, files)
            if isinstance(fault, Refusal):
                with self.telegram.lock:
                    call.refused = fault.code
                    self.telegram._calls.append(call)
                raise fault
            result = self.telegram.carry_out(call)
            if fault == CUT:
                return self._cut()
            if fault == GARBAGE:
                return self._answer_bytes(b"<html>bad gateway</html>", mime="text/html")
            note = {"description": parameters["_description"]} if "_description" in parameters else {}
            self._answer(200, {"ok": True, "result": result} | note)
        except Refusal as refusal:
            if refusal.code == 409:
                time.sleep(self.telegram.conflict_pause())
            self._answer(refusal.code, refusal.body())
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, value: dict) -> None:
        payload = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if status == 429:
            self.send_header("Retry-After", str(value["parameters"]["retry_after"]))
        self.end_headers()
        self.wfile.write(payload)

    def _answer_bytes(self, data: bytes, mime: str = "application/octet-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def log_message(self, *_):
        pass

"""How Telegram brings updates to a webhook: one queue per chat whose failed head holds the rest back, chats side by
side, any 2xx is success, what fails comes again."""

import http.client
import json
import random
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit

from .state import chat_of, shown

GONE_AFTER_S = 23 * 3600


def post(url: str, update: dict, secret: str | None, timeout: float = 30) -> tuple[int, str, dict, bytes]:
    """One update to a webhook. A `secret` of None leaves the header out."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    if secret is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    if parts.username:
        headers["Authorization"] = "Basic " + b64encode(f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()).decode()
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                           json.dumps(shown(update)).encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.reason, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class Delivery:
    """Runs while the double does. `pace` shortens Telegram's pauses for tests; their order and growth stay."""

    def __init__(self, telegram, pace: float):
        self.telegram, self.pace = telegram, pace
        self.attempts: list[tuple[int, int]] = []  # update id, status (0: no answer)
        self.lose_acks = 0                         # so many 2xx are taken for a broken connection
        self._busy: set[int] = set()               # chats
        self._due: dict[int, float] = {}           # chat -> real time of the next attempt
        self._tries: dict[int, int] = {}           # update -> failures
        self._gone_since: float | None = None
        self._stopping = False
        self._pool = ThreadPoolExecutor(16)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self.telegram.changed:
            self._stopping = True
            self.telegram.changed.notify_all()
        self._thread.join(10)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        from time import monotonic
        telegram = self.telegram
        with telegram.changed:
            while not self._stopping:
                bot, wait, seen = telegram.bot, 30.0, set()
                bot.forget_old()
                for update in bot.updates if bot.webhook and telegram.delivering else []:
                    chat = chat_of(update)
                    if chat in seen:
                        continue
                    seen.add(chat)
                    left = self._due.get(chat, 0) - monotonic()
                    if chat in self._busy:
                        continue
                    if left > 0:
                        wait = min(wait, left)
                    elif len(self._busy) < bot.webhook["max_connections"]:
                        self._busy.add(chat)
                        self._pool.submit(self._deliver, dict(bot.webhook), update, chat)
                telegram.changed.wait(wait)

    def _deliver(self, hook: dict, update: dict, chat: int) -> None:
        from time import monotonic
        telegram, id = self.telegram, update["update_id"]
        try:
            status, reason, headers, body = post(hook["url"], update, hook["secret"] or None)
            problem = f"Wrong response from the webhook: {status} {reason}"
        except (OSError, http.client.HTTPException) as broken:
            status, headers, body = 0, {}, b""
            problem = "Connection refused" if isinstance(broken, ConnectionRefusedError) else "Connection reset by peer"
        with telegram.changed:
            self.attempts.append((id, status))
            self._busy.discard(chat)
            if 200 <= status < 300 and self.lose_acks > 0:
                self.lose_acks -= 1
                status, problem = 0, "Read timeout expired"
            if 200 <= status < 300:
                telegram.bot.updates = [one for one in telegram.bot.updates if one is not update]
                self._tries.pop(id, None)
                self._due.pop(chat, None)
                self._gone_since = None
                telegram.executed(body)
            else:
                self._failed(id, chat, status, problem, headers, monotonic())
            telegram.changed.notify_all()

    def _failed(self, id: int, chat: int, status: int, problem: str, headers: dict, now: float) -> None:
        bot = self.telegram.bot
        tries = self._tries[id] = self._tries.get(id, 0) + 1
        asked = headers.get("retry-after", "")
        pause = 0 if tries == 1 else min(2 ** (tries - 1), random.uniform(60, 120))
        if asked.isdigit():
            pause = min(int(asked), 3600)
        self._due[chat] = now + pause * self.pace
        if bot.webhook:
            bot.webhook |= {"last_error_date": int(bot.clock.now()), "last_error_message": problem}
        if status != 410:
            self._gone_since = None
            return
        self._gone_since = self._gone_since or bot.clock.now()
        if bot.clock.now() - self._gone_since >= GONE_AFTER_S:
            bot.webhook = None

"""An agent's realtime socket, and the cache that a careful client builds from it."""

import json
import time

from .websocket import Closed, WebSocket


class Realtime:
    def __init__(self, api, after: str | None = None):
        headers = api.authentication()
        target = "/api/support/realtime" + (f"?after={after}" if after else "")
        self.socket = WebSocket(api.usher.url, target, headers)
        self.frames: list[dict] = []
        self.cursor: str | None = after
        self.entries: dict[str, dict] = {}
        self.conversations: dict[str, dict] = {}
        self.first = self.next()
        while self.first["type"] not in ("ready", "reset"):  # what was missed is replayed first
            self.first = self.next()

    def next(self, timeout: float = 20) -> dict:
        """The next frame, applied by the rule of versions."""
        frame = {"data": {}, **json.loads(self.socket.receive(timeout))}  # ready, reset and pong carry none
        self.frames.append(frame)
        if frame.get("cursor"):
            self.cursor = frame["cursor"]
        for name, cache in (("conversation", self.conversations), ("entry", self.entries)):
            item = frame["data"].get(name)
            if item and item["version"] > cache.get(item["id"], {}).get("version", -1):
                cache[item["id"]] = item
        return frame

    def wait_for(self, wanted, what: str, within: float = 15) -> dict:
        """The first frame, of those seen or yet to come, that is wanted."""
        for frame in self.frames:
            if wanted(frame):
                return frame
        deadline = time.monotonic() + within
        while True:
            left = deadline - time.monotonic()
            seen = [frame["type"] for frame in self.frames]
            if left <= 0:
                raise AssertionError(f"no frame within {within:g} s: {what} (seen: {seen})")
            try:
                frame = self.next(left)
            except TimeoutError:
                continue
            except Closed as end:
                raise AssertionError(f"{end} before {what} (seen: {seen})") from None
            if wanted(frame):
                return frame

    def send(self, frame: dict) -> None:
        self.socket.send(json.dumps(frame))

    def texts(self, conversation: str) -> list[str]:
        """The texts of that conversation's messages as this socket brought them, in their order."""
        entries = [entry for entry in self.entries.values()
                   if entry["conversationId"] == conversation and entry["kind"] == "message"]
        return [entry["text"] for entry in sorted(entries, key=lambda entry: entry["seq"])]

    def drop(self) -> None:
        self.socket.drop()

    def close(self) -> None:
        self.socket.close()

"""What Telegram knows of one bot: its people and chats, their messages, files, and the queue of updates.

Everything here runs under the double's one lock (Telegram.lock)."""

import itertools
import time
from dataclasses import dataclass, field

DAY_S = 86_400
LINK_LIFETIME_S = 3_600
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


class Clock:
    """Wall time that tests may put forward; waits are real."""

    def __init__(self):
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class Refusal(Exception):
    """What the Bot API answers in place of a result."""

    def __init__(self, code: int, description: str, **parameters):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> dict:
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


def bad(description: str, **parameters) -> Refusal:
    return Refusal(400, "Bad Request: " + description, **parameters)


def too_many(seconds: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class Chat:
    id: int
    type: str = "private"
    facts: dict = field(default_factory=dict)  # first_name, title, ...
    blocked: str = ""  # why a bot may no longer write here: the refusal's text
    bot_is_member: bool = True
    messages: dict[int, dict] = field(default_factory=dict)
    last_message_id: int = 0
    actions: list[str] = field(default_factory=list)
    reactions: dict[int, list] = field(default_factory=dict)

    def shown(self) -> dict:
        return {"id": self.id, "type": self.type} | self.facts

    def add(self, message: dict, id: int | None = None) -> dict:
        if id is None:
            self.last_message_id += 1
            id = self.last_message_id
        self.last_message_id = max(self.last_message_id, id)
        message = {"message_id": id, "chat": self.shown()} | message
        self.messages[id] = message
        return message


@dataclass
class File:
    id: str
    unique_id: str
    data: bytes
    name: str
    mime: str
    size: int  # what Telegram says; may be more than there are bytes, to try the 20 MB rule

    def shown(self, **more) -> dict:
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size} | more


class Bot:
    def __init__(self, token: str, clock: Clock, username: str):
        self.token, self.clock = token, clock
        self.user = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Shop", "username": username}
        self.revoked = False
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.links: dict[str, tuple[str, float]] = {}  # path -> file id, until when
        self.updates: list[dict] = []  # not confirmed yet, with the private member "_at"
        self.next_update_id = 731_045_521
        self.allowed: set[str] | None = None  # None: the default set
        self.webhook: dict | None = None
        self.queries: set[str] = set()  # callback queries without an answer
        self.answers: list[dict] = []
        self.numbers = itertools.count(1)

    # ---- people and files

    def chat(self, id) -> Chat:
        try:
            found = self.chats.get(int(id))
        except (TypeError, ValueError):
            found = None
        if not found:
            raise bad("chat not found")
        return found

    def add_file(self, data: bytes, name: str, mime: str, size: int | None = None) -> File:
        number = next(self.numbers)
        file = File(f"BQACAgIAAxkBAAI{number:06d}", f"AgAD{number:06d}", data, name, mime, len(data) if size is None else size)
        self.files[file.id] = file
        return file

    def link_to(self, file: File, folder: str) -> str:
        """A path that nobody had before: it changes from call to call."""
        suffix = file.name.rpartition(".")[2] if "." in file.name else "bin"
        path = f"{folder}/file_{next(self.numbers)}.{suffix}"
        self.links[path] = (file.id, self.clock.now() + LINK_LIFETIME_S)
        return path

    # ---- updates

    def wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed is not None else kind not in NOT_BY_DEFAULT

    def add_update(self, payload: dict, *, id: int | None = None) -> int | None:
        """Queues an update; None where the bot did not ask for its kind."""
        if not any(self.wants(kind) for kind in payload):
            return None
        if id is None:
            id = self.next_update_id
            self.next_update_id += 1
        self.updates.append({"update_id": id, "_at": self.clock.now()} | payload)
        return id

    def forget_old(self) -> None:
        since = self.clock.now() - DAY_S
        self.updates = [update for update in self.updates if update["_at"] > since]

    def jump_ids(self, to: int) -> None:
        """After a week without updates the numbering goes on anywhere, lower ones included."""
        self.next_update_id = to


def shown(update: dict) -> dict:
    return {name: value for name, value in update.items() if not name.startswith("_")}


def chat_of(update: dict) -> int:
    """Whose queue an update stands in."""
    for payload in update.values():
        if isinstance(payload, dict):
            if "chat" in payload:
                return payload["chat"]["id"]
            if "message" in payload:
                return payload["message"]["chat"]["id"]
            if "from" in payload:
                return payload["from"]["id"]
    return 0

"""Mixed load on an installation that is being hurt. Everybody here behaves as a careful client does: what was not
answered is asked again with the same id or key, and whatever was answered is written into the journal."""

import http.client
import random
import secrets
import threading

from tests.doubles.open.peer import OpenPeer
from tests.harness.client import call
from tests.harness.realtime import Realtime
from tests.harness.visitor import Visitor
from tests.harness.websocket import Closed, Refused

LOST = (OSError, http.client.HTTPException, Closed, Refused, TimeoutError, AssertionError)


class Journal:
    """What each side was promised. Threads write, the books read at the end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged: dict[str, list[str]] = {}  # contact -> texts, in the order they were acknowledged
        self.attempted: dict[str, set[str]] = {}      # contact -> texts that were sent at all
        self.accepted: dict[str, str] = {}            # reply's text -> entry id
        self.tried: set[str] = set()                  # replies' texts that were sent at all
        self.undone: set[str] = set()                 # entry ids whose undo was confirmed
        self.repeats = 0
        self.faults: list[str] = []                   # answers that may never be given


class Worker(threading.Thread):
    """Does `step` until it is stopped; a lost connection is no fault, an answer that should not be is."""

    def __init__(self, load, name: str):
        super().__init__(name=name, daemon=True)
        self.load, self.journal, self.random = load, load.journal, random.Random(f"{load.seed} {name}")

    def run(self):
        while not self.load.stopping.is_set():
            try:
                self.step()
            except LOST:
                self.load.stopping.wait(0.05)  # the daemon is being hurt

    def until_answered(self, ask, expected):
        """Asks until there is an answer that is not "come again"; None when the load ends first."""
        while not self.load.ending.is_set():
            try:
                answer = ask()
            except LOST:
                self.load.ending.wait(0.05)
                continue
            if answer.status in (429, 502, 503, 504):
                self.load.ending.wait(0.05)
                continue
            if answer.status not in expected:
                with self.journal.lock:
                    self.journal.faults.append(str(answer)[:500])
                return None
            return answer
        return None


class Customer(Worker):
    """Writes one message after the other over the open channel; sends some of them again later."""

    def __init__(self, load, contact: str):
        super().__init__(load, contact)
        self.contact, self.count, self.peer = contact, 0, OpenPeer(load.usher, "shop")
        self.sent: list[dict] = []
        self.journal.acknowledged[contact], self.journal.attempted[contact] = [], set()

    def step(self):
        self.count += 1
        text = f"{self.contact} says {self.count}"
        message = OpenPeer.message(text, id=f"{self.contact}.{self.count}", contact=self.contact, name=self.contact)
        self.journal.attempted[self.contact].add(text)
        if self.until_answered(lambda: self.peer.post("/messages", message), (200, 202)):
            self.journal.acknowledged[self.contact].append(text)
            self.sent.append(message)
        if self.sent and self.random.random() < 0.1:
            again = self.random.choice(self.sent)
            self.until_answered(lambda: self.peer.post("/messages", again), (200,))
            with self.journal.lock:
                self.journal.repeats += 1
        self.load.stopping.wait(self.random.random() * self.load.pause)


class Guest(Worker):
    """Writes through the chat widget's API."""

    def __init__(self, load, name: str):
        super().__init__(load, name)
        self.visitor, self.count = None, 0
        self.journal.acknowledged[name], self.journal.attempted[name] = [], set()

    def step(self):
        if not self.visitor:
            self.visitor = Visitor(self.load.usher)
        self.count += 1
        text = f"{self.name} says {self.count}"
        frame = {"type": "message", "id": f"{self.name}-{self.count}", "text": text}
        self.journal.attempted[self.name].add(text)
        if self.until_answered(lambda: self.visitor.post("messages", frame), (200, 201, 202)):
            self.journal.acknowledged[self.name].append(text)
        self.load.stopping.wait(self.random.random() * self.load.pause)


class Agent(Worker):
    """Answers what was assigned to them, undoes some of it, and turns away now and then."""

    def __init__(self, load, api):
        super().__init__(load, f"agent {api.email}")
        self.api, self.count = api, 0

    def step(self):
        if self.random.random() < 0.1:
            status = self.random.choice(("available", "available", "away"))
            self.until_answered(lambda: self.api.put("/me/availability", {"status": status}), (200,))
        mine = self.until_answered(lambda: self.api.get("/conversations", assigneeId="me", status="active", limit=50), (200,))
        if not mine or not mine.data:
            self.load.stopping.wait(0.1)
            return
        conversation = self.random.choice(mine.data)
        self.count += 1
        text, key = f"{self.api.email} answers {self.count}", secrets.token_hex(16)
        self.journal.tried.add(text)
        # Somebody else may have become the assignee since the list was read: then the answer is a refusal.
        answer = self.until_answered(lambda: self.api.post(f"/conversations/{conversation['id']}/messages", {"text": text},
                                                           idempotency_key=key), (201, 403, 404, 409))
        if not answer or answer.status != 201:
            return
        entry = answer.data["id"]
        with self.journal.lock:
            self.journal.accepted[text] = entry
        if self.random.random() < 0.2:
            undone = self.until_answered(lambda: self.api.delete(f"/conversations/{conversation['id']}/messages/{entry}"),
                                         (200, 403, 404, 409))
            # "Undone before": the first answer was lost with the daemon.
            if undone and (undone.status == 200 or undone.status == 409 and "undone before" in undone.error["message"]):
                with self.journal.lock:
                    self.journal.undone.add(entry)
        self.load.stopping.wait(self.random.random() * self.load.pause)


class Watcher(Worker):
    """A supervisor's socket that goes on where it was cut."""

    def __init__(self, load, api):
        super().__init__(load, "watcher")
        self.api, self.cursor, self.resets = api, None, 0
        self.received: list[str] = []  # entry ids of message.received and message.created, as they came
        self.loaded: set[str] = set()  # entry ids read anew after a reset
        self.cursors: list[str] = []

    def step(self):
        socket = Realtime(self.api, self.cursor)
        try:
            seen = 0
            while not self.load.ending.is_set():
                for frame in socket.frames[seen:]:
                    seen += 1
                    self.take(frame)
                    if frame["type"] == "reset":  # the socket goes on from now; what lies before is read anew
                        self.resets += 1
                        self.reload()
                try:
                    socket.next(0.5)
                except TimeoutError:
                    pass
            for frame in socket.frames[seen:]:
                self.take(frame)
        finally:
            self.cursor = socket.cursor
            socket.drop()

    def reload(self):
        for page in self.pages("/conversations", "cursor"):
            for conversation in page:
                for entries in self.pages(f"/conversations/{conversation['id']}/timeline", "before"):
                    self.loaded.update(entry["id"] for entry in entries)

    def pages(self, path: str, name: str):
        cursor = None
        while answer := self.until_answered(lambda: self.api.get(path, limit=200, **({name: cursor} if cursor else {})), (200,)):
            yield answer.data
            cursor = answer.json["nextCursor"]
            if cursor is None:
                return

    def take(self, frame):
        if frame["type"] in ("message.received", "message.created"):
            self.received.append(frame["data"]["entry"]["id"])
        if frame.get("cursor") and frame["type"] not in ("ready", "reset"):  # those repeat where the socket stands
            self.cursors.append(frame["cursor"])

    def run(self):
        while not self.load.ending.is_set():
            try:
                self.step()
            except LOST:
                self.load.ending.wait(0.05)


class Load:
    """`pause` is the longest time in seconds that anybody thinks between two steps."""

    def __init__(self, usher, agents, seed: int, customers: int = 8, guests: int = 4, pause: float = 0.05):
        self.usher, self.seed, self.pause = usher, seed, pause
        self.journal, self.stopping, self.ending = Journal(), threading.Event(), threading.Event()
        self.watcher = Watcher(self, usher.admin)
        self.workers = [Customer(self, f"customer-{n}") for n in range(customers)]
        self.workers += [Guest(self, f"guest-{n}") for n in range(guests)]
        self.workers += [Agent(self, api) for api in agents]

    def start(self) -> "Load":
        self.watcher.start()
        for worker in self.workers:
            worker.start()
        return self

    def stop(self) -> None:
        """Everybody ends what they have begun: what was sent is asked again until it is answered."""
        self.stopping.set()
        for worker in self.workers:
            worker.join(120)
            if worker.is_alive():
                self.journal.faults.append(f"{worker.name} got no answer within 120 s of the end")

    def end(self) -> None:
        self.ending.set()
        self.watcher.join(30)


def reachable(usher) -> bool:
    try:
        return call(usher.url, "GET", "/readyz", timeout=5).status == 200
    except LOST:
        return False

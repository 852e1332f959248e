"""The books at the end: what was promised against what is stored, what was sent, what was shown and what was counted."""

from collections import Counter

from tests.harness.wait import eventually

SETTLED = {"sent", "delivered", "read", "failed", "unknown", "undone"}
CAPACITY = 20  # users.open_limit of a new user


class Books:
    def __init__(self, usher, load, webhook, may_reset: bool):
        self.may_reset = may_reset
        self.usher, self.load, self.webhook, self.journal = usher, load, webhook, load.journal
        self.wrong: list[str] = list(self.journal.faults)

    def say(self, text: str) -> None:
        self.wrong.append(text)

    def close(self) -> list[str]:
        """Everything that is wrong, in words; nothing when the promises held."""
        eventually(self.settled, "every reply to be settled", within=180)
        self.conversations = self.every("/conversations")
        self.timelines = {one["id"]: self.every(f"/conversations/{one['id']}/timeline", newest_first=True) for one in self.conversations}
        self.entries = {entry["id"]: entry for timeline in self.timelines.values() for entry in timeline}
        self.inbound()
        self.replies()
        self.numbers()
        self.assignments()
        self.shown()
        self.feed()
        return self.wrong

    def every(self, path: str, newest_first: bool = False) -> list[dict]:
        found, cursor = [], None
        while True:
            name = "before" if newest_first else "cursor"
            page = self.usher.admin.get(path, limit=200, **({name: cursor} if cursor else {})).expect(200)
            found = page.data + found if newest_first else found + page.data
            cursor = page.json["nextCursor"]
            if cursor is None:
                return found

    def settled(self) -> bool:
        self.webhook.answer_with()
        for conversation in self.every("/conversations"):
            for entry in self.every(f"/conversations/{conversation['id']}/timeline", newest_first=True):
                if entry["kind"] == "message" and entry["direction"] == "outbound" and entry["status"] not in SETTLED:
                    raise AssertionError(f"the reply {entry['text']!r} is {entry['status']}")
        return True

    def inbound(self) -> None:
        """Every acknowledged message is stored once, in the order in which its sender sent."""
        stored: dict[str, list[str]] = {}
        for conversation in sorted(self.conversations, key=lambda one: int(one["id"])):
            for entry in self.timelines[conversation["id"]]:
                if entry["kind"] == "message" and entry["direction"] == "inbound":
                    stored.setdefault(entry["text"].partition(" says ")[0], []).append(entry["text"])
        for sender, acknowledged in self.journal.acknowledged.items():
            texts = stored.get(sender, [])
            for text, times in Counter(texts).items():
                if times > 1:
                    self.say(f"{text!r} is stored {times} times")
            for text in set(acknowledged) - set(texts):
                self.say(f"{text!r} was acknowledged and is not stored")
            for text in set(texts) - self.journal.attempted[sender]:
                self.say(f"{text!r} is stored and nobody sent it")
            kept = [text for text in texts if text in set(acknowledged)]
            if kept != acknowledged and set(kept) == set(acknowledged) and len(kept) == len(acknowledged):
                self.say(f"{sender}: stored as {kept[:30]}, sent as {acknowledged[:30]}")

    def replies(self) -> None:
        """An accepted reply reaches the provider under one id, or says that it is unknown; an undone one never does."""
        by_text: dict[str, list[dict]] = {}
        for entry in self.entries.values():
            if entry["kind"] == "message" and entry["direction"] == "outbound":
                by_text.setdefault(entry["text"], []).append(entry)
        reached: dict[str, set[str]] = {}
        for delivery in self.webhook.messages():
            reached.setdefault(delivery.text, set()).add(delivery.json["message"]["id"])
        for text, id in self.journal.accepted.items():
            entry = self.entries.get(id)
            if id in self.journal.undone:
                if entry or text in reached:  # an undone one is gone from the timeline
                    self.say(f"the reply {text!r} was undone by its agent, is {entry} and reached the provider as {reached.get(text)}")
            elif not entry or entry["text"] != text:
                self.say(f"the accepted reply {text!r} ({id}) is stored as {entry}")
        for text, rows in by_text.items():
            if text not in self.journal.tried:
                self.say(f"the reply {text!r} is stored and nobody wrote it")
            if len(rows) > 1:
                self.say(f"the reply {text!r} is stored {len(rows)} times")
            status, ids = rows[0]["status"], reached.get(text, set())
            if len(ids) > 1:
                self.say(f"the reply {text!r} reached the provider under {len(ids)} ids")
            shop = self.account_of(rows[0]) == "shop"
            if status in ("sent", "delivered", "read") and shop and not ids:
                self.say(f"the reply {text!r} is {status} and never reached the provider")
            if status == "failed":
                self.say(f"the reply {text!r} failed: {rows[0].get('failure')}")

    def account_of(self, entry: dict) -> str:
        return next(one["accountId"] for one in self.conversations if one["id"] == entry["conversationId"])

    def numbers(self) -> None:
        """The entries of a conversation are numbered from 1; what is missing was undone."""
        missing = 0
        for id, timeline in self.timelines.items():
            numbers = [entry["seq"] for entry in timeline]
            if numbers != sorted(set(numbers)) or numbers[0] != 1:
                self.say(f"conversation {id} has the numbers {numbers[:50]}")
            missing += numbers[-1] - len(numbers)
        if missing > len(self.journal.undone):
            self.say(f"{missing} numbers are missing and {len(self.journal.undone)} replies were undone")

    def assignments(self) -> None:
        """Nobody holds more than they may, and everybody's counter is what can be counted."""
        open_ = [one for one in self.conversations if one["status"] not in ("closed", "solved")]
        held = Counter(one["assigneeId"] for one in open_ if one["assigneeId"])
        for agent, count in held.items():
            if count > CAPACITY:
                self.say(f"agent {agent} holds {count} conversations, {CAPACITY} are allowed")
        inbox = next(one["id"] for one in self.usher.admin.get("/inboxes").data if one["isDefault"])
        counters = self.usher.database.rows("SELECT user_id, open_count FROM agent_load", self.usher.folder / "data")
        for agent, counter in counters:
            if int(counter) != held[agent]:
                self.say(f"the counter of agent {agent} says {counter}, counted are {held[agent]}")
        stats = self.usher.admin.get(f"/inboxes/{inbox}/stats").expect(200).data
        unassigned = sum(1 for one in open_ if not one["assigneeId"])
        if (stats["openConversations"], stats["unassignedConversations"]) != (len(open_), unassigned):
            self.say(f"the inbox says {stats}, counted are {len(open_)} open and {unassigned} unassigned")

    def shown(self) -> None:
        """The watcher was told every message, once; only a database that was away may have made it read anew."""
        watcher = self.load.watcher
        if watcher.resets and not self.may_reset:
            self.say(f"the watcher had to begin anew {watcher.resets} times")
        told = Counter(watcher.received)
        for entry, times in told.items():
            if times > 1:
                self.say(f"the watcher was told {times} times of message {entry}")
        messages = {id for id, entry in self.entries.items() if entry["kind"] == "message"}
        for entry in sorted(messages - set(told) - watcher.loaded, key=int)[:10]:
            self.say(f"the watcher was never told of message {entry}: {self.entries[entry]['text']!r}")
        if len(watcher.cursors) != len(set(watcher.cursors)):
            self.say("the watcher was given a cursor twice")

    def feed(self) -> None:
        """Read from its beginning, the feed tells of every message once."""
        told: Counter = Counter()
        cursor, pages = None, 0
        while True:
            page = self.usher.admin.get("/events", limit=200, **({"after": cursor} if cursor else {})).expect(200)
            for event in page.data:
                if event["type"] in ("message.received", "message.created"):
                    told[event["subjectId"]] += 1
            pages += 1
            if not page.data or not page.json["nextCursor"]:
                break
            cursor = page.json["nextCursor"]
        messages = {id for id, entry in self.entries.items() if entry["kind"] == "message"}
        told = Counter({id: times for id, times in told.items() if id not in self.journal.undone})
        if set(told) != messages or any(times > 1 for times in told.values()):
            self.say(f"the feed tells of {len(told)} messages, {len(messages)} are stored; twice: "
                     f"{[id for id, times in told.items() if times > 1][:10]}; missing: {sorted(messages - set(told))[:10]}")

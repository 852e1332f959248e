"""The open channel in a process of its own, which is killed again and again while its customers write and are answered:
what was acknowledged is stored exactly once, what was accepted reaches the peer or says that nobody knows, and the
daemon does not notice."""

import os
import signal
import threading
import unittest
from collections import Counter
from pathlib import Path

from tests.harness import settings
from tests.harness.scenario import Scenario
from tests.harness.wait import eventually

KILLS = int(os.environ.get("USHER_TEST_KILLS", "10"))
SENDERS = 4
ANSWERED_BETWEEN = 20  # acknowledged messages from one kill to the next: it was at work


def children(parent: int) -> list[int]:
    """Of this process, by any of its threads."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == parent and "usher-plugin-ho" in name:
            found.append(int(status.parent.name))
    return found


class Isolation(Scenario):
    @classmethod
    def configure(cls):
        return {"accounts": [settings.open_account("shop", cls.webhook.url), settings.livechat_account()],
                "extra": {"plugins": [{"library": "usher-open.so", "isolation": "process"},
                                      {"library": "usher-livechat.so"}, {"library": "usher-round_robin.so"}],
                          "limits": {"plugin_crashes": 1_000_000, "plugin_restart_s": 1}}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])

    def helper(self) -> int:
        """The one process beside the daemon's own."""
        found = eventually(lambda: children(self.usher.process.pid), "a plugin's process", within=30)
        self.assertEqual(1, len(found), "the shipped plugins run in the daemon")
        return found[0]

    def test_the_plugin_is_mapped_into_its_own_process_only(self):
        def maps(process: int) -> str:
            try:
                return Path(f"/proc/{process}/maps").read_text()
            except PermissionError:
                self.skipTest("only root may look into a process that is not dumpable")
        self.assertIn("usher-open.so", maps(self.helper()))
        self.assertNotIn("usher-open.so", maps(self.usher.process.pid))
        self.assertIn("usher-livechat.so", maps(self.usher.process.pid))

    def test_kills_lose_nothing_and_double_nothing(self):
        daemon = self.usher.process.pid
        done = threading.Event()
        acknowledged: list[tuple[str, str]] = []  # (conversation, text)
        accepted: list[dict] = []
        problems: list[str] = []

        def write(sender: int) -> None:
            number = 0
            while not done.is_set():
                number += 1
                text = f"{sender}-{number}"
                body = self.peer.message(text, id=f"m-{text}", contact=f"customer-{sender}")
                # As a provider does: the same message until it is taken.
                while True:
                    answer = self.peer.post("/messages", body)
                    if answer.status in (200, 202):  # 200: it was stored, and the answer was lost with the process
                        acknowledged.append((answer.json["conversation_id"], text))
                        break
                    if answer.status != 503:
                        problems.append(f"{text}: {answer.status}")
                        return
                    if done.wait(0.01):
                        return

        def reply() -> None:
            number = 0
            while not done.is_set():
                if acknowledged:
                    number += 1
                    path = f"/conversations/{acknowledged[-1][0]}/messages"
                    answer = self.agent.post(path, {"text": f"reply {number}"})
                    accepted.append(answer.expect(201).data)
                done.wait(0.05)

        threads = [threading.Thread(target=write, args=(sender,)) for sender in range(SENDERS)]
        threads.append(threading.Thread(target=reply))
        for thread in threads:
            thread.start()
        try:
            for kill in range(KILLS):
                before = len(acknowledged)
                eventually(lambda: len(acknowledged) >= before + ANSWERED_BETWEEN, f"the channel to work before kill {kill + 1}",
                           within=60)
                os.kill(self.helper(), signal.SIGKILL)
            before = len(acknowledged)
            eventually(lambda: len(acknowledged) >= before + ANSWERED_BETWEEN, "the channel to work after the last kill", within=60)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assertEqual([], problems)
        self.assertIsNone(self.usher.process.poll(), "the daemon runs")
        self.assertEqual(daemon, self.usher.process.pid)
        self.assertGreaterEqual(self.usher.log.count("was killed by signal 9 (SIGKILL)"), KILLS)

        stored = Counter(message["text"] for conversation in {conversation for conversation, _ in acknowledged}
                         for message in self.messages(conversation) if message["direction"] == "inbound")
        self.assertEqual({}, {text: stored[text] for _, text in acknowledged if stored[text] != 1}, "each exactly once")

        def settled() -> bool:
            self.status = {message["id"]: message["status"]
                           for conversation in {message["conversationId"] for message in accepted}
                           for message in self.messages(conversation) if message["direction"] == "outbound"}
            return all(self.status[message["id"]] in ("sent", "delivered", "read", "unknown") for message in accepted)
        eventually(settled, "every reply to be delivered or unknown", within=60)
        reached = {delivery.text for delivery in self.webhook.messages()}
        for message in accepted:
            if self.status[message["id"]] != "unknown":
                self.assertIn(message["text"], reached)


if __name__ == "__main__":
    unittest.main()

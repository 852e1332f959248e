"""Nobody is free: conversations wait, and are served oldest first the moment somebody can take them."""

import unittest

from tests.harness.scenario import Scenario
from tests.harness.wait import eventually


class Waiting(Scenario):
    def setUp(self):
        """An inbox of its own for each test, reached by a word in the first message."""
        name = self.id().rpartition(".")[2]
        self.word = f"to-{name}"
        self.queue = self.admin.post("/inboxes", {"name": name, "assignmentRules": {"type": "round_robin"}}).expect(201).data["id"]
        self.admin.put(f"/inboxes/{self.inbox}", {"routingRules": [
            {"condition": {"message": {"contains": [self.word]}}, "inboxId": self.queue}]}).expect(200)
        self.sockets = []
        self.addCleanup(lambda: [socket.close() for socket in self.sockets])

    def agent(self, name: str, available: bool = False):
        """An agent of this test's inbox with a browser open, as routing asks for one."""
        agent = self.usher.person(f"{name} {self.queue}", "agent", inboxes=[self.queue])
        self.sockets.append(agent.realtime())
        return agent.available() if available else agent

    def write(self, count: int, first: int = 0) -> list[str]:
        return [self.peer.write(f"{self.word} please", contact=f"{self.word}-{number}")["conversation_id"]
                for number in range(first, first + count)]

    def assignee(self, conversation: str):
        return self.conversation(conversation)["assigneeId"]

    def all_assigned(self, conversations: list[str], to=None):
        def check():
            assignees = [self.assignee(conversation) for conversation in conversations]
            return all(assignee and (to is None or assignee == to.user) for assignee in assignees) and assignees
        return eventually(check, "all of them to be assigned")

    def assigned_events(self, conversation: str) -> list[dict]:
        return [entry for entry in self.timeline(conversation) if entry["kind"] == "event" and entry["event"]["type"] == "assigned"]

    def test_an_available_agent_gets_it_at_once(self):
        # proves S0-50 S1-02
        agent = self.agent("Awake", available=True)
        self.all_assigned(self.write(1), to=agent)

    def test_with_nobody_available_it_waits_unassigned(self):
        # proves S3-23 S3-26
        self.agent("Away")
        conversation = self.write(1)[0]
        listed = [c["id"] for c in self.admin.get("/conversations", assigneeId="none", inboxId=self.queue).data]
        self.assertEqual([conversation], listed)
        self.assertIsNone(self.assignee(conversation))

    def test_what_waits_is_assigned_when_an_agent_turns_available_oldest_first(self):
        # proves S3-27
        agent = self.agent("Late")
        waiting = self.write(3)
        self.assertEqual([None] * 3, [self.assignee(conversation) for conversation in waiting])
        agent.available()
        self.all_assigned(waiting, to=agent)
        times = [self.assigned_events(conversation)[0]["createdAt"] for conversation in waiting]
        self.assertEqual(sorted(times), times, "the oldest goes first")

    def test_becoming_a_member_is_enough(self):
        waiting = self.write(1)
        agent = self.usher.person(f"Joining {self.queue}", "agent")
        self.sockets.append(agent.realtime())
        agent.available()
        self.admin.post(f"/inboxes/{self.queue}/members", {"userId": agent.user, "role": "agent"}).expect(201)
        self.all_assigned(waiting, to=agent)

    def test_getting_a_seat_is_enough(self):
        waiting = self.write(1)
        agent = self.agent("Standing")
        self.admin.put(f"/users/{agent.user}/seat", {"seat": False}).expect(200)
        agent.put("/me/availability", {"status": "available"})
        self.admin.put(f"/users/{agent.user}/seat", {"seat": True}).expect(200)
        self.sockets.append(agent.realtime())
        agent.available()
        self.all_assigned(waiting, to=agent)

    def test_round_robin_takes_turns(self):
        # proves S3-16 S3-22 S4-05
        agents = [self.agent(f"Turn {n}", available=True) for n in range(3)]
        got = []
        for number in range(6):
            got += self.all_assigned(self.write(1, first=number))
        self.assertEqual({agent.user: 2 for agent in agents}, {user: got.count(user) for user in got})
        self.assertEqual(got[:3], got[3:], "the same order in the second round")

    def test_least_busy_takes_who_has_least(self):
        # proves S4-05
        self.admin.put(f"/inboxes/{self.queue}", {"assignmentRules": {"type": "least_busy"}}).expect(200)
        busy = self.agent("Busy", available=True)
        self.all_assigned(self.write(2), to=busy)
        idle = self.agent("Idle", available=True)
        self.all_assigned(self.write(2, first=2), to=idle)

    def test_manual_assigns_nobody(self):
        # proves S3-18 S4-05
        self.admin.put(f"/inboxes/{self.queue}", {"assignmentRules": {"type": "manual"}}).expect(200)
        self.agent("Idle", available=True)
        conversation = self.write(1)[0]
        self.admin.post(f"/conversations/{conversation}/notes", {"text": "later than any routing"}).expect(201)
        self.assertIsNone(self.assignee(conversation))
        self.assertEqual([], self.assigned_events(conversation))

    def test_a_new_login_is_away_and_gets_nothing(self):
        # proves S3-25 S3-26
        agent = self.agent("Fresh")
        self.assertEqual("away", agent.get("/me").data["availability"]["status"])
        conversation = self.write(1)[0]
        self.assertIsNone(self.assignee(conversation))

    def test_who_is_not_a_member_gets_nothing(self):
        # proves S3-14
        outsider = self.usher.person(f"Outsider {self.queue}", "agent", inboxes=[self.inbox])
        self.sockets.append(outsider.realtime())
        outsider.available()
        try:
            conversation = self.write(1)[0]
            member = self.agent("Member", available=True)
            self.all_assigned([conversation], to=member)
        finally:
            outsider.put("/me/availability", {"status": "away"}).expect(200)

    def test_an_agent_available_in_this_inbox_only(self):
        # proves S4-18
        agent = self.agent("Partial")
        waiting = self.write(1)
        self.admin.put(f"/inboxes/{self.queue}/members/{agent.user}/availability", {"status": "available"}).expect(200)
        self.all_assigned(waiting, to=agent)

    def test_what_waits_survives_a_restart(self):
        agent = self.agent("Patient")
        waiting = self.write(2)
        self.usher.restart(hard=True)
        self.sockets.append(agent.realtime())
        agent.available()
        self.all_assigned(waiting, to=agent)

    def test_the_assignment_arrives_by_realtime(self):
        agent = self.agent("Notified", available=True)
        conversation = self.write(1)[0]
        frame = self.sockets[-1].wait_for(lambda f: f["type"] == "conversation.assigned"
                                          and f["data"]["conversation"]["id"] == conversation, "the assignment")
        self.assertEqual(agent.user, frame["data"]["conversation"]["assigneeId"])


if __name__ == "__main__":
    unittest.main()

"""Who may do what: default roles, seats, single permissions, sessions, and what a refusal says."""

import unittest

from tests.harness.client import call
from tests.harness.realtime import Realtime
from tests.harness.scenario import Scenario
from tests.harness.websocket import Refused, WebSocket

DEFAULTS = {"inbox_setup", "agent", "analytics", "supervisor", "viewer"}
BASE = {"inbox/conversations/view", "inbox/conversations/work-assigned", "inbox/conversations/manage-all"}


class People(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_inbox = cls.admin.post("/inboxes", {"name": "Elsewhere"}).expect(201).data["id"]
        cls.agent = cls.usher.person("Anna Agent", "agent", inboxes=[cls.inbox])
        cls.supervisor = cls.usher.person("Sven Supervisor", "supervisor")
        cls.viewer = cls.usher.person("Vera Viewer", "viewer", seat=False, inboxes=[cls.inbox], member_role="viewer")
        cls.setup = cls.usher.person("Ines Setup", "inbox_setup")
        cls.analyst = cls.usher.person("Alan Analyst", "analytics")

    def conversation_of(self, contact: str) -> str:
        return self.peer.write(f"hello from {contact}", contact=contact)["conversation_id"]

    def refuses(self, answer, permission: str | None = None):
        answer.expect(403)
        self.assertIn("/", answer.error["message"] + answer.error["code"] + str(answer.error.get("details", "")))
        if permission:
            self.assertIn(permission, str(answer.json), "a refusal names the permission")

    # ---- roles

    def test_the_five_default_roles(self):
        # proves S0-05 S1-04
        roles = {role["id"]: role for role in self.admin.get("/roles").expect(200).data}
        self.assertLessEqual(DEFAULTS, set(roles))
        for id in DEFAULTS:
            self.assertTrue(roles[id]["default"], id)
            self.assertTrue(roles[id]["permissions"], id)
        self.assertEqual({"Inbox Setup", "Agent", "Analytics", "Supervisor", "Viewer"}, {roles[id]["name"] for id in DEFAULTS})

    def test_supervisor_holds_all_that_an_agent_holds(self):
        # proves S0-15 S1-16
        roles = {role["id"]: set(role["permissions"]) for role in self.admin.get("/roles").data}
        self.assertLess(roles["agent"] - {"inbox/conversations/work-assigned"}, roles["supervisor"])
        self.assertTrue(roles["supervisor"] - roles["agent"])

    def test_the_table_of_permissions(self):
        # proves S0-20 S0-22 S1-20
        table = self.admin.get("/permissions").expect(200).data
        ids = [row["id"] for row in table]
        self.assertEqual(len(ids), len(set(ids)))
        for row in table:
            self.assertTrue(row["title"] and row["description"] and row["module"], row)
            self.assertIsInstance(row["needsSeat"], bool)
            self.assertIsInstance(row["needsBase"], bool)
        held = {permission for role in self.admin.get("/roles").data for permission in role["permissions"]}
        self.assertLessEqual(held, set(ids))

    def test_the_catalogue_is_complete(self):
        # proves X-PM-10 X-PM-11 X-PM-12 X-PM-13 X-PM-14 X-PM-15 X-PM-16 X-PM-17 X-PM-18
        modules = {
            "conversations": "view work-assigned manage-all",
            "my-work": "reply note-read note-write attach start-conversation download-conversation undo-send schedule-send "
                       "change-status change-priority change-topic edit-tags use-templates use-macros copilot",
            "all-work": "view views-private views-global bulk-edit search-text export",
            "assignment": "claim assign-self assign-others take-over transfer-agent transfer-team transfer-queue change-owner",
            "contacts": "view edit create import export merge block delete pii-view",
            "supervise": "agent-status-set monitor whisper force-logout capacity-set",
            "setup": "channels senders queues routes working-hours statuses sla escalation surveys tags templates macros "
                     "automations bots auto-responders forms attributes plugins webhooks retention",
            "analytics": "live reports-view reports-create reports-schedule reports-share export-raw export-targets",
            "admin": "users roles seats api-keys audit-view erasure licence backup",
        }
        expected = {f"inbox/{module}/{name}" for module, names in modules.items() for name in names.split()}
        self.assertLessEqual(expected, {row["id"] for row in self.admin.get("/permissions").data})

    def test_roles_stand_on_the_user_and_combine(self):
        # proves S0-13 S0-17 S1-15
        made = self.admin.post("/users", {"name": "Carla Combined", "email": "carla@example.test",
                                          "roles": ["agent", "analytics"], "seat": True}).expect(201).data
        self.assertEqual({"agent", "analytics"}, set(made["roles"]))
        changed = self.admin.patch(f"/users/{made['id']}", {"roles": ["inbox_setup", "analytics"]}).expect(200).data
        self.assertEqual({"inbox_setup", "analytics"}, set(changed["roles"]))

    def test_agent_and_supervisor_exclude_each_other(self):
        # proves S0-14 S1-16
        refused = self.admin.post("/users", {"name": "Both", "email": "both@example.test", "roles": ["agent", "supervisor"],
                                             "seat": True}).expect(409, 422)
        self.assertIn("supervisor", str(refused.error).lower())
        self.assertNotIn("both@example.test", [user["email"] for user in self.admin.get("/users", limit=200).data])
        self.admin.patch(f"/users/{self.agent.user}", {"roles": ["agent", "supervisor"]}).expect(409, 422)

    def test_an_unknown_role_is_named(self):
        refused = self.admin.post("/users", {"name": "X", "email": "x@example.test", "roles": ["boss"]}).expect(422)
        self.assertIn("/roles/0", refused.paths)

    # ---- what each may do

    def test_inbox_setup_manages_inboxes_and_nothing_of_agents(self):
        # proves S0-06 S1-05
        made = self.setup.post("/inboxes", {"name": "By Ines"}).expect(201).data
        self.setup.put(f"/inboxes/{made['id']}", {"routingRules": []}).expect(200)
        self.setup.get("/accounts").expect(200)
        conversation = self.conversation_of("for-setup")
        self.assertIn(self.setup.post(f"/conversations/{conversation}/messages", {"text": "hi"}).status, (403, 404))

    def test_an_agent_answers_what_is_theirs(self):
        # proves S0-07 S1-06
        conversation = self.conversation_of("for-agent")
        self.admin.post(f"/conversations/{conversation}/assign", {"userId": self.agent.user}).expect(200)
        self.agent.post(f"/conversations/{conversation}/messages", {"text": "Anna here"}).expect(201)
        self.webhook.wait_for("Anna here")

    def test_an_agent_sets_nothing_up(self):
        # proves S0-18 S0-20
        self.refuses(self.agent.post("/inboxes", {"name": "Mine"}), "inbox/setup/queues")
        self.refuses(self.agent.get("/users"), "inbox/admin/users")
        self.refuses(self.agent.post("/api-keys", {"name": "k", "roles": ["agent"]}), "inbox/admin/api-keys")

    def test_an_analyst_sees_figures_and_no_conversations(self):
        # proves S0-08
        self.analyst.get(f"/inboxes/{self.inbox}/stats").expect(200)
        conversation = self.conversation_of("for-analyst")
        self.analyst.get(f"/conversations/{conversation}").expect(403, 404)

    def test_a_supervisor_manages_all_conversations(self):
        # proves S0-09 S1-09
        conversation = self.conversation_of("for-supervisor")
        self.admin.post(f"/conversations/{conversation}/assign", {"userId": self.agent.user}).expect(200)
        self.supervisor.put(f"/conversations/{conversation}/tags", {"tags": ["seen-by-sven"]}).expect(200)
        self.supervisor.post(f"/conversations/{conversation}/assign", {"userId": None}).expect(200)
        self.assertIsNone(self.conversation(conversation)["assigneeId"])

    def test_a_viewer_sees_their_inbox_and_no_other(self):
        # proves S0-10 S1-10
        here = self.conversation_of("seen")
        there = self.conversation_elsewhere("unseen")
        self.viewer.get(f"/conversations/{here}").expect(200)
        self.viewer.get(f"/conversations/{there}").expect(404)
        listed = {conversation["id"] for conversation in self.viewer.get("/conversations", limit=200).expect(200).data}
        self.assertIn(here, listed)
        self.assertNotIn(there, listed)
        self.assertEqual([], self.viewer.get("/conversations", q="hello from unseen").data)

    def conversation_elsewhere(self, contact: str) -> str:
        rules = [{"condition": {"message": {"contains": [contact]}}, "inboxId": self.other_inbox}]
        self.admin.put(f"/inboxes/{self.inbox}", {"routingRules": rules}).expect(200)
        try:
            return self.conversation_of(contact)
        finally:
            self.admin.put(f"/inboxes/{self.inbox}", {"routingRules": []}).expect(200)

    def test_what_one_may_not_see_does_not_come_by_realtime(self):
        # proves S0-10
        with_eyes = self.viewer.realtime()
        self.addCleanup(with_eyes.close)
        there = self.conversation_elsewhere("hidden-live")
        here = self.conversation_of("shown-live")
        with_eyes.wait_for(lambda frame: frame["type"] == "message.received" and frame["data"]["entry"]["conversationId"] == here,
                           "the visible message")
        self.assertNotIn(there, str(with_eyes.frames))

    # ---- seats

    def test_a_viewer_takes_no_seat(self):
        # proves S0-12 S1-11
        me = self.viewer.get("/me").expect(200).data
        self.assertFalse(me["user"]["seat"])
        self.assertEqual(["inbox/conversations/view"], me["permissions"])

    def test_a_seatless_viewer_can_interact_in_no_way(self):
        # proves S0-11 S1-14 S0-26 S0-27
        conversation = self.conversation_of("for-viewer")
        self.refuses(self.viewer.post(f"/conversations/{conversation}/messages", {"text": "no"}), "inbox/my-work/reply")
        self.refuses(self.viewer.post(f"/conversations/{conversation}/notes", {"text": "no"}), "inbox/my-work/note-write")
        self.refuses(self.viewer.post(f"/conversations/{conversation}/claim"), "inbox/assignment/claim")
        self.refuses(self.viewer.put(f"/conversations/{conversation}/status", {"status": "closed"}), "inbox/my-work/change-status")
        self.refuses(self.viewer.put(f"/conversations/{conversation}/tags", {"tags": ["no"]}), "inbox/my-work/edit-tags")
        self.assertEqual(["hello from for-viewer"], [message["text"] for message in self.messages(conversation)])
        self.assertEqual([], self.conversation(conversation)["tags"])

    def test_a_seatless_agent_stays_a_viewer(self):
        # proves S0-16 S0-25 S0-28 S1-17 S1-22 S1-25
        agent = self.usher.person("Benno Benched", "agent", inboxes=[self.inbox])
        conversation = self.conversation_of("for-benched")
        agent.post(f"/conversations/{conversation}/notes", {"text": "with a seat"}).expect(201)
        self.admin.put(f"/users/{agent.user}/seat", {"seat": False}).expect(200)
        self.assertEqual(["inbox/conversations/view"], agent.get("/me").expect(200).data["permissions"])
        agent.get(f"/conversations/{conversation}").expect(200)
        self.refuses(agent.post(f"/conversations/{conversation}/messages", {"text": "without"}), "inbox/my-work/reply")
        self.admin.put(f"/users/{agent.user}/seat", {"seat": True}).expect(200)
        agent.post(f"/conversations/{conversation}/messages", {"text": "with it again"}).expect(201)

    def test_a_change_of_rights_resets_the_socket(self):
        # proves S0-18
        agent = self.usher.person("Rita Reset", "agent", inboxes=[self.inbox])
        live = agent.realtime()
        self.addCleanup(live.close)
        cursor = live.cursor
        self.admin.put(f"/users/{agent.user}/seat", {"seat": False}).expect(200)
        live.wait_for(lambda frame: frame["type"] == "reset", "a reset after a change of rights")
        again = Realtime(agent, cursor)
        self.addCleanup(again.close)
        self.assertEqual("reset", next(frame["type"] for frame in again.frames if frame["type"] in ("reset", "ready")))

    # ---- who is asking

    def test_setup_is_done_once(self):
        self.assertFalse(self.usher.anonymous().get("/auth/state").expect(200).data["setupNeeded"])
        body = {"token": "guess", "name": "Mallory", "email": "mallory@example.test", "password": "a long enough password"}
        self.usher.anonymous().post("/auth/setup", body).expect(401, 409)

    def test_login_and_logout(self):
        person = self.usher.person("Lou Login", "agent")
        again = self.usher.anonymous().login(person.email, person.password)
        me = again.get("/me").expect(200).data
        self.assertEqual(("Lou Login", "away"), (me["user"]["name"], me["availability"]["status"]))  # proves S3-25
        again.post("/auth/logout").expect(204)
        again.get("/me").expect(401)
        self.usher.anonymous().post("/auth/login", {"email": person.email, "password": "wrong"}).expect(401)

    def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(self):
        answer = self.usher.anonymous().post("/auth/login", {"email": self.agent.email, "password": self.agent.password}).expect(200)
        cookie = next(value for name, value in answer.headers if name.lower() == "set-cookie" and value.startswith("usher_session="))
        for attribute in ("HttpOnly", "SameSite=Strict"):
            self.assertIn(attribute.lower(), cookie.lower())

    def test_a_write_by_cookie_needs_its_token(self):
        for token in (None, "", "0" * 32):
            self.agent.put("/me/availability", {"status": "away"}, headers={"X-CSRF-Token": token}).expect(403)
        self.agent.put("/me/availability", {"status": "away"}).expect(200)

    def test_guessing_a_password_is_slowed_down(self):
        person = self.usher.person("Gus Guessed", "agent")
        statuses = []
        for number in range(60):
            answer = self.usher.anonymous().post("/auth/login", {"email": person.email, "password": f"guess {number}"})
            statuses.append(answer.status)
            if answer.status == 429:
                self.assertTrue([value for name, value in answer.headers if name.lower() == "retry-after"], answer)
                break
        self.assertEqual({401, 429}, set(statuses), statuses)

    def test_an_api_key_is_shown_once_and_ends_with_its_deletion(self):
        made = self.admin.post("/api-keys", {"name": "script", "roles": ["agent"]}).expect(201).data
        self.assertTrue(made["key"].startswith(made["prefix"]))
        self.assertNotIn(made["key"], str(self.admin.get("/api-keys").data))
        key = {"X-API-Key": made["key"]}
        self.assertEqual(200, call(self.usher.url, "GET", "/api/support/me", headers=key).status)
        self.assertEqual(403, call(self.usher.url, "GET", "/api/support/users", headers=key).status)
        self.admin.delete(f"/api-keys/{made['id']}").expect(204)
        self.assertEqual(401, call(self.usher.url, "GET", "/api/support/me", headers=key).status)

    def test_an_inactive_user_is_out_at_once(self):
        person = self.usher.person("Otto Out", "agent", inboxes=[self.inbox])
        self.admin.patch(f"/users/{person.user}", {"active": False}).expect(200)
        person.get("/me").expect(401)
        self.usher.anonymous().post("/auth/login", {"email": person.email, "password": person.password}).expect(401, 403)

    def test_realtime_asks_who_is_there(self):
        for headers in ({}, {"X-API-Key": "wrong"}, {"Cookie": "usher_session=made-up", "Origin": self.usher.url}):
            with self.assertRaises(Refused) as refusal:
                WebSocket(self.usher.url, "/api/support/realtime", headers)
            self.assertEqual(401, refusal.exception.status)
        with self.assertRaises(Refused) as refusal:
            WebSocket(self.usher.url, "/api/support/realtime", self.agent.authentication() | {"Origin": "http://evil.example.test"})
        self.assertEqual(403, refusal.exception.status)

    # ---- two origins

    def test_neither_origin_serves_the_other(self):
        for path in ("/api/support/me", "/api/support/auth/state", "/api/support/openapi.json"):
            self.assertEqual(404, call(self.usher.public_url, "GET", path, headers=self.admin.authentication()).status, path)
        self.assertEqual(404, call(self.usher.url, "GET", "/channels/shop/health").status)

    def test_unknown_paths_and_methods_are_told(self):
        self.admin.get("/nothing").expect(404)
        answer = self.admin.request("DELETE", "/me", checked=False)
        self.assertIn(answer.status, (404, 405))
        self.assertTrue(answer.error["code"])


if __name__ == "__main__":
    unittest.main()

"""The reference inbox API: every call with the shapes that its clients already send and expect."""

import re
import unittest

from tests.harness.client import call
from tests.harness.scenario import Scenario
from tests.harness.settings import ADMIN_KEY, livechat_account, open_account
from tests.harness.visitor import Visitor
from tests.harness.wait import eventually

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALWAYS_CLOSED = {"enabled": True, "timezone": "Europe/Berlin", "schedule": {day: None for day in WEEK}, "holidays": []}


class InboxApi(Scenario):
    @classmethod
    def configure(cls):
        return {"accounts": [open_account("shop", cls.webhook.url), livechat_account()]}

    def inbox_with(self, **members) -> dict:
        return self.admin.post("/inboxes", {"name": "Sales", **members}).expect(201).data

    def put(self, id: str, **members):
        return self.admin.put(f"/inboxes/{id}", members)

    # ---- creating, reading, changing, deleting

    def test_create_as_the_reference_does(self):
        # proves S4-02 S4-03 S4-30 S4-36
        body = {"name": "Website Support", "description": "Questions from the site", "email": "support@example.test"}
        answer = self.admin.post("/inboxes", body, headers={"Content-Type": "application/json"}).expect(201)
        made = answer.json["data"]
        self.assertEqual(body, {key: made[key] for key in body})
        self.assertIsInstance(made["id"], str)
        self.assertFalse(made["isDefault"])

    def test_name_is_all_that_is_needed(self):
        # proves S4-02
        made = self.admin.post("/inboxes", {"name": "Bare"}).expect(201).data
        self.assertIsNone(made["description"])
        self.assertIsNone(made["email"])

    def test_several_inboxes_in_one_organisation(self):
        # proves S4-01 S4-28
        names = ("Website", "Sales 2", "Technical Support", "Billing")
        made = {name: self.inbox_with(name=name)["id"] for name in names}
        listed = self.admin.get("/inboxes", limit=200).expect(200)
        found = {inbox["name"]: inbox["id"] for inbox in listed.data}
        self.assertEqual(made, {name: found[name] for name in names})
        self.assertIn("nextCursor", listed.json)

    def test_lists_are_paged_without_loss_or_repeat(self):
        # proves S4-28
        for number in range(5):
            self.inbox_with(name=f"Page {number}")
        whole = [inbox["id"] for inbox in self.admin.get("/inboxes", limit=200).data]
        paged, cursor = [], None
        while True:
            page = self.admin.get("/inboxes", limit=2, **({"cursor": cursor} if cursor else {})).expect(200)
            self.assertLessEqual(len(page.data), 2)
            paged += [inbox["id"] for inbox in page.data]
            cursor = page.json["nextCursor"]
            if cursor is None:
                break
        self.assertEqual(whole, paged)

    def test_read_one(self):
        # proves S4-29
        made = self.inbox_with(description="d")
        self.assertEqual(made, self.admin.get(f"/inboxes/{made['id']}").expect(200).data)
        self.admin.get("/inboxes/999999999").expect(404)
        self.assertIn(self.admin.get("/inboxes/not-a-number").status, (400, 404))

    def test_general_settings(self):
        # proves S4-04 S4-31
        id = self.inbox_with()["id"]
        body = {"name": "Technical", "description": "Hardware", "email": "tech@example.test", "color": "#3B82F6", "icon": "wrench"}
        self.assertEqual(body, {key: value for key, value in self.put(id, **body).expect(200).data.items() if key in body})

    def test_put_changes_only_what_it_names_and_null_clears(self):
        # proves S4-31
        made = self.inbox_with(description="stays", email="stays@example.test")
        changed = self.put(made["id"], color="#112233").expect(200).data
        self.assertEqual(("stays", "stays@example.test", "#112233"), (changed["description"], changed["email"], changed["color"]))
        self.assertIsNone(self.put(made["id"], description=None).expect(200).data["description"])

    def test_one_inbox_is_the_default(self):
        # proves S4-04 S1-03
        self.assertEqual([self.inbox], [inbox["id"] for inbox in self.admin.get("/inboxes", limit=200).data if inbox["isDefault"]])
        other = self.inbox_with(name="New default")["id"]
        self.put(other, isDefault=True).expect(200)
        try:
            self.assertEqual([other], [inbox["id"] for inbox in self.admin.get("/inboxes", limit=200).data if inbox["isDefault"]])
        finally:
            self.put(self.inbox, isDefault=True).expect(200)

    def test_delete(self):
        # proves S4-32
        id = self.inbox_with(name="Short-lived")["id"]
        self.admin.delete(f"/inboxes/{id}").expect(200, 204)
        self.admin.get(f"/inboxes/{id}").expect(404)
        self.admin.delete(f"/inboxes/{id}").expect(404)

    def test_an_inbox_with_open_conversations_says_where_they_shall_go(self):
        # proves S4-32
        leaving = self.inbox_with(name="Leaving")["id"]
        self.route_by_message(leaving, "leaving-soon")
        taken = self.peer.write("I am leaving-soon", contact="mover")["conversation_id"]
        self.assertEqual(leaving, self.conversation(taken)["inboxId"])
        rules = [rule for rule in self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"] if rule["inboxId"] != leaving]
        self.put(self.inbox, routingRules=rules).expect(200)
        refused = self.admin.delete(f"/inboxes/{leaving}").expect(409)
        self.assertEqual("inbox_not_empty", refused.error["code"])
        self.assertIn("1 open conversation", refused.error["message"])
        self.assertEqual({"/moveTo"}, self.admin.delete(f"/inboxes/{leaving}?moveTo={leaving}").expect(422).paths)
        self.assertEqual({"/moveTo"}, self.admin.delete(f"/inboxes/{leaving}?moveTo=999999").expect(422).paths)
        self.admin.get(f"/inboxes/{leaving}").expect(200)
        self.admin.delete(f"/inboxes/{leaving}?moveTo={self.inbox}").expect(200, 204)
        self.assertEqual(self.inbox, self.conversation(taken)["inboxId"])
        self.admin.get(f"/inboxes/{leaving}").expect(404)

    def test_the_default_inbox_cannot_be_deleted(self):
        # proves S4-32 S1-03
        refused = self.admin.delete(f"/inboxes/{self.inbox}").expect(409)
        self.assertIn("default", refused.error["message"].lower())

    # ---- what is wrong is said, all of it, and changes nothing

    def test_every_fault_is_listed_with_its_path(self):
        before = self.admin.get("/inboxes", limit=200).data
        refused = self.admin.post("/inboxes", {"description": 7, "color": "blue", "colour": "#112233"}).expect(422)
        self.assertEqual("validation_failed", refused.error["code"])
        self.assertLessEqual({"/name", "/description", "/color", "/colour"}, refused.paths)
        self.assertEqual(before, self.admin.get("/inboxes", limit=200).data)

    def test_faults_below_are_named_by_their_whole_path(self):
        refused = self.put(self.inbox, assignmentRules={"type": "roundrobin"}).expect(422)
        self.assertIn("/assignmentRules/type", refused.paths)
        refused = self.put(self.inbox, workingHours={"enabled": True, "timezone": "Mars/Olympus", "schedule": {
            "monday": {"start": "25:00", "end": "17:00"}, "blursday": None}, "holidays": ["2026-02-30"]}).expect(422)
        for path in ("/workingHours/timezone", "/workingHours/schedule/monday/start", "/workingHours/schedule/blursday",
                     "/workingHours/holidays/0"):
            self.assertIn(path, refused.paths)

    def test_malformed_json_is_400_and_another_type_415(self):
        self.admin.request("POST", "/inboxes", raw=b'{"name": ', headers={"Content-Type": "application/json"}).expect(400)
        self.admin.request("POST", "/inboxes", raw=b"name=x",
                           headers={"Content-Type": "application/x-www-form-urlencoded"}).expect(415)

    # ---- the key

    def test_without_the_right_key_nothing_is_answered(self):
        # proves S4-37
        for method, path in (("GET", "/inboxes"), ("POST", "/inboxes"), ("GET", f"/inboxes/{self.inbox}"),
                             ("PUT", f"/inboxes/{self.inbox}"), ("DELETE", f"/inboxes/{self.inbox}"),
                             ("GET", f"/inboxes/{self.inbox}/members"), ("POST", f"/inboxes/{self.inbox}/members"),
                             ("DELETE", f"/inboxes/{self.inbox}/members/1"), ("GET", f"/inboxes/{self.inbox}/stats"),
                             ("GET", f"/inboxes/{self.inbox}/stats/team"),
                             ("PUT", f"/inboxes/{self.inbox}/members/1/availability")):
            for key in (None, "", "wrong", ADMIN_KEY[:-1], ADMIN_KEY + "0", ADMIN_KEY.upper()):
                with self.subTest(f"{method} {path} with {key!r}"):
                    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key is not None else {})
                    answer = call(self.usher.url, method, "/api/support" + path, b"{}" if method in ("POST", "PUT") else None, headers)
                    self.assertEqual(401, answer.status, answer)
                    self.assertTrue(answer.error["code"])

    def test_neighbouring_areas_exist(self):
        # proves S4-38
        self.admin.get("/conversations").expect(200)
        self.admin.get("/contacts").expect(200)
        self.admin.get("/openapi.json").expect(200)

    # ---- assignment

    def test_assignment_rules_take_the_three_types(self):
        # proves S4-05
        id = self.inbox_with(name="Rules")["id"]
        for type in ("round_robin", "least_busy", "manual"):
            self.assertEqual(type, self.put(id, assignmentRules={"type": type}).expect(200).data["assignmentRules"]["type"])

    def test_fallback_user(self):
        # proves S4-06
        agent = self.usher.person("Fallback Fiona", "agent")
        id = self.inbox_with(name="With fallback", assignmentRules={"type": "round_robin", "fallbackUserId": agent.user})["id"]
        self.admin.post(f"/inboxes/{id}/members", {"userId": agent.user, "role": "agent"}).expect(201)
        self.route_by_message(id, "fallbackplease")
        taken = self.peer.write("fallbackplease", contact="fallback-customer")
        eventually(lambda: self.conversation(taken["conversation_id"])["assigneeId"] == agent.user,
                   "the fallback user, though away, to get it")
        refused = self.put(id, assignmentRules={"type": "manual", "fallbackUserId": "999999999"}).expect(422)
        self.assertIn("/assignmentRules/fallbackUserId", refused.paths)

    def test_assignment_has_working_hours_of_its_own(self):
        # proves S4-07
        hours = {"enabled": True, "timezone": "America/New_York", "schedule": {"monday": {"start": "09:00", "end": "17:00"}}}
        rules = self.put(self.inbox_with(name="Own hours")["id"], assignmentRules={"type": "manual", "workingHours": hours}).expect(200)
        got = rules.data["assignmentRules"]["workingHours"]
        self.assertEqual((True, "America/New_York"), (got["enabled"], got["timezone"]))
        self.assertEqual({"start": "09:00", "end": "17:00"}, first_slot(got["schedule"]["monday"]))

    # ---- auto-responder

    def test_auto_responder_answers_outside_working_hours_only(self):
        # proves S4-08 S4-09 S4-22
        closed = self.inbox_with(name="Closed", workingHours=ALWAYS_CLOSED)["id"]
        open_ = self.inbox_with(name="Open")["id"]
        for id in (open_, closed):
            settings = {"enabled": True, "message": "We are asleep.", "delaySeconds": 1, "conditions": {"outsideWorkingHours": True}}
            self.assert_holds(settings, self.put(id, autoResponder=settings).expect(200).data["autoResponder"])
        self.route_by_message(open_, "daytime")
        self.route_by_message(closed, "nighttime")
        awake = self.peer.write("daytime", contact="early-bird")["conversation_id"]
        asleep = self.peer.write("nighttime", contact="night-owl")["conversation_id"]
        delivered = self.webhook.wait_for("We are asleep.")[0]
        self.assertEqual("night-owl", delivered.json["contact"]["external_id"])
        self.assertIn(delivered.json["message"]["author"]["type"], ("bot", "system"))
        first, reply = self.messages(asleep)[:2]
        self.assertEqual("We are asleep.", reply["text"])
        self.assertGreaterEqual(seconds(reply["createdAt"]) - seconds(first["createdAt"]), 0.9)
        self.assertEqual(["daytime"], [message["text"] for message in self.messages(awake)])

    # ---- routing rules

    def route_by_message(self, inbox: str, word: str) -> None:
        """Adds a rule to the default inbox: this word leads there."""
        rules = self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"]
        self.put(self.inbox, routingRules=rules + [{"condition": {"message": {"contains": [word]}}, "inboxId": inbox}]).expect(200)

    def test_first_message_decides_by_any_of_its_keywords(self):
        # proves S4-10 S4-13 S4-14
        sales = self.inbox_with(name="By message")["id"]
        rules = [{"condition": {"message": {"contains": ["pricing", "quote"]}}, "inboxId": sales}]
        old = self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"]
        self.assert_holds(rules + old, self.put(self.inbox, routingRules=rules + old).expect(200).data["routingRules"])
        for number, text in enumerate(("May I have a quote, please?", "PRICING of ten seats")):
            taken = self.peer.write(text, contact=f"buyer-{number}")
            self.assertEqual(sales, self.conversation(taken["conversation_id"])["inboxId"], text)
        other = self.peer.write("My printer is on fire", contact="burning")
        self.assertEqual(self.inbox, self.conversation(other["conversation_id"])["inboxId"])

    def test_an_attribute_of_the_contact_decides(self):
        # proves S4-12 S4-14
        enterprise = self.inbox_with(name="Enterprise")["id"]
        old = self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"]
        self.put(self.inbox, routingRules=[{"condition": {"userAttribute": {"key": "plan", "value": "enterprise"}},
                                            "inboxId": enterprise}] + old).expect(200)
        for plan, inbox in (("enterprise", enterprise), ("free", self.inbox)):
            message = self.peer.message("hello", contact=f"plan-{plan}")
            message["contact"]["attributes"] = {"plan": plan}
            taken = self.peer.post("/messages", message).expect(202).json
            self.assertEqual(inbox, self.conversation(taken["conversation_id"])["inboxId"], plan)

    def test_the_page_decides(self):
        # proves S4-11 S4-14
        billing = self.inbox_with(name="By page")["id"]
        old = self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"]
        self.put(self.inbox, routingRules=[{"condition": {"url": {"contains": "/billing"}}, "inboxId": billing}] + old).expect(200)
        for page, inbox in (("https://shop.example.test/billing/42", billing), ("https://shop.example.test/", self.inbox)):
            said = f"hello from {page}"
            Visitor(self.usher).write(said, page)
            found = [c["inboxId"] for c in self.admin.get("/conversations", channel="livechat", limit=200).data
                     if c["lastMessage"]["text"] == said]
            self.assertEqual([inbox], found, page)

    def test_what_a_visitor_claims_counts_only_where_the_rule_says_so(self):
        # proves S4-12
        claimed = self.inbox_with(name="Claims")["id"]
        old = self.admin.get(f"/inboxes/{self.inbox}").data["routingRules"]
        for unverified, inbox in ((False, self.inbox), (True, claimed)):
            condition = {"userAttribute": {"key": "tier", "value": "gold", "unverified": unverified}}
            self.put(self.inbox, routingRules=[{"condition": condition, "inboxId": claimed}] + old).expect(200)
            said = f"I am gold {unverified}"
            Visitor(self.usher).write(said, attributes={"tier": "gold"})
            found = [c["inboxId"] for c in self.admin.get("/conversations", channel="livechat", limit=200).data
                     if c["lastMessage"]["text"] == said]
            self.assertEqual([inbox], found, said)
        self.put(self.inbox, routingRules=old).expect(200)

    def test_a_rule_to_an_unknown_inbox_is_refused(self):
        # proves S4-10
        refused = self.put(self.inbox, routingRules=[{"condition": {"url": {"contains": "/x"}}, "inboxId": "999999999"}]).expect(422)
        self.assertIn("/routingRules/0/inboxId", refused.paths)

    # ---- members

    def test_members_come_are_listed_and_go(self):
        # proves S4-15 S4-33 S4-34 S4-35
        id = self.inbox_with(name="Staffed")["id"]
        agent, lead = self.usher.person("Aline Agent", "agent"), self.usher.person("Lea Lead", "agent")
        for person, role in ((agent, "agent"), (lead, "admin")):
            self.admin.post(f"/inboxes/{id}/members", {"userId": person.user, "role": role}).expect(201)
        listed = {member["userId"]: member for member in self.admin.get(f"/inboxes/{id}/members").expect(200).data}
        self.assertEqual({agent.user: "agent", lead.user: "admin"}, {user: member["role"] for user, member in listed.items()})
        self.assertEqual("Aline Agent", listed[agent.user]["name"])
        self.admin.delete(f"/inboxes/{id}/members/{agent.user}").expect(200, 204)
        self.assertEqual([lead.user], [member["userId"] for member in self.admin.get(f"/inboxes/{id}/members").data])
        self.admin.delete(f"/inboxes/{id}/members/{agent.user}").expect(404)

    def test_a_member_with_a_wrong_role_or_no_user_is_refused(self):
        # proves S4-15
        refused = self.admin.post(f"/inboxes/{self.inbox}/members", {"userId": "999999999", "role": "boss"}).expect(422)
        self.assertIn("/role", refused.paths)

    def test_an_inbox_admin_manages_it_and_an_agent_does_not(self):
        # proves S4-16 S4-17
        id = self.inbox_with(name="Managed")["id"]
        agent = self.usher.person("Abel Agent", "agent", inboxes=[id])
        lead = self.usher.person("Lars Lead", "agent", inboxes=[id], member_role="admin")
        lead.put(f"/inboxes/{id}", {"description": "by its admin"}).expect(200)
        lead.post(f"/inboxes/{id}/members", {"userId": self.usher.person("Nina New", "agent").user, "role": "agent"}).expect(201)
        agent.put(f"/inboxes/{id}", {"description": "by an agent"}).expect(403)
        agent.get(f"/inboxes/{id}/stats").expect(200)
        self.assertEqual("by its admin", self.admin.get(f"/inboxes/{id}").data["description"])
        lead.put(f"/inboxes/{self.inbox}", {"description": "not mine"}).expect(403, 404)

    def test_availability_is_per_membership(self):
        # proves S4-18
        one, two = self.inbox_with(name="One")["id"], self.inbox_with(name="Two")["id"]
        agent = self.usher.person("Ava Agent", "agent", inboxes=[one, two])
        for status in ("available", "offline", "away", "available"):
            self.admin.put(f"/inboxes/{one}/members/{agent.user}/availability", {"status": status}).expect(200)
            shown = {inbox: self.admin.get(f"/inboxes/{inbox}/members").data[0]["availability"] for inbox in (one, two)}
            self.assertEqual({one: status, two: "away"}, shown)
        refused = self.admin.put(f"/inboxes/{one}/members/{agent.user}/availability", {"status": "busy"}).expect(422)
        self.assertIn("/status", refused.paths)

    # ---- working hours

    def test_working_hours_with_holidays(self):
        # proves S4-19 S4-20 S4-21 S4-22
        id = self.inbox_with(name="Hours")["id"]
        schedule = {day: {"start": "09:00", "end": "18:00"} for day in WEEK[:5]} | {"saturday": None, "sunday": None}
        hours = {"enabled": True, "timezone": "Europe/Paris", "schedule": schedule, "holidays": ["2027-01-01", "2020-12-25", "2026-07-14"]}
        got = self.put(id, workingHours=hours, outsideHoursMessage="Back on Monday.").expect(200).data
        self.assertEqual("Back on Monday.", got["outsideHoursMessage"])
        self.assertEqual(("Europe/Paris", True), (got["workingHours"]["timezone"], got["workingHours"]["enabled"]))
        self.assertEqual(sorted(hours["holidays"]), sorted(got["workingHours"]["holidays"]))
        self.assertEqual({"start": "09:00", "end": "18:00"}, first_slot(got["workingHours"]["schedule"]["friday"]))
        self.assertIsNone(got["workingHours"]["schedule"]["sunday"])

    # ---- statistics

    def test_stats_have_the_fixed_shape(self):
        # proves S4-23 S4-24
        id = self.inbox_with(name="Counted")["id"]
        stats = self.admin.get(f"/inboxes/{id}/stats").expect(200).json["data"]
        self.assertEqual({"openConversations", "unassignedConversations", "avgResponseTime", "avgResolutionTime",
                          "conversationsToday", "resolvedToday", "csat"}, set(stats))
        self.assertEqual((0, 0, 0), (stats["openConversations"], stats["unassignedConversations"], stats["conversationsToday"]))

    def test_stats_count_what_happens(self):
        # proves S4-23 S4-25
        id = self.inbox_with(name="Busy")["id"]
        agent = self.usher.person("Stan Stats", "agent", inboxes=[id])
        self.route_by_message(id, "countme")
        first = self.peer.write("countme one", contact="counted-1")["conversation_id"]
        self.peer.write("countme two", contact="counted-2")
        eventually(lambda: self.admin.get(f"/inboxes/{id}/stats").data["openConversations"] == 2, "two open conversations")
        self.assertEqual(2, self.admin.get(f"/inboxes/{id}/stats").data["unassignedConversations"])
        agent.post(f"/conversations/{first}/messages", {"text": "Counted."}).expect(201)
        agent.put(f"/conversations/{first}/status", {"status": "solved"}).expect(200)
        eventually(lambda: self.admin.get(f"/inboxes/{id}/stats").data["resolvedToday"] == 1, "one resolved")
        stats = self.admin.get(f"/inboxes/{id}/stats").data
        self.assertEqual((1, 1, 2), (stats["openConversations"], stats["unassignedConversations"], stats["conversationsToday"]))
        self.assertIsInstance(stats["avgResponseTime"], (int, float))
        members = self.admin.get(f"/inboxes/{id}/stats/team").expect(200).json["data"]["members"]
        mine = next(member for member in members if member["userId"] == agent.user)
        self.assertEqual({"userId", "name", "conversationsHandled", "avgResponseTime", "csat"}, set(mine))
        self.assertEqual(("Stan Stats", 1), (mine["name"], mine["conversationsHandled"]))

    # ---- e-mail

    def test_each_inbox_has_its_own_forwarding_address(self):
        # proves S4-26
        addresses = {self.inbox_with(name=f"Mail {number}")["forwardingAddress"] for number in range(3)}
        self.assertEqual(3, len(addresses))
        for address in addresses:
            self.assertTrue(re.fullmatch(r"[^@\s]+@[^@\s]+", address), address)
        refused = self.put(self.inbox, forwardingAddress="mine@example.test").expect(422)
        self.assertIn("/forwardingAddress", refused.paths)

    def test_email_settings(self):
        # proves S4-27
        settings = {"replyByEmail": True, "fromAddress": "support@example.test", "fromName": "Support"}
        self.assert_holds(settings, self.put(self.inbox_with(name="Mailing")["id"], emailSettings=settings).expect(200).data["emailSettings"])


def first_slot(day):
    return day[0] if isinstance(day, list) else day


def seconds(time: str) -> float:
    from datetime import datetime
    return datetime.fromisoformat(time).timestamp()


if __name__ == "__main__":
    unittest.main()

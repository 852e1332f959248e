"""The double against the fact sheet: it refuses what Telegram refuses, in the same words, and loses what Telegram loses."""

import http.client
import json
import secrets
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

from tests.harness.wait import eventually

from .telegram import CUT, CUT_BEFORE, GARBAGE, Telegram, too_many


class Client:
    def __init__(self, telegram: Telegram, token: str | None = None):
        self.telegram, self.token = telegram, token or telegram.token

    def raw(self, method: str, target: str, body: bytes = b"", content_type: str = ""):
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.telegram.url).port, timeout=30)
        try:
            connection.request(method, target, body or None, {"Content-Type": content_type} if content_type else {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def call(self, name: str, **parameters):
        status, self.headers, body = self.raw("POST", f"/bot{self.token}/{name}", json.dumps(parameters).encode(), "application/json")
        answer = json.loads(body)
        assert status == (200 if answer["ok"] else answer["error_code"]), (status, answer)
        return answer

    def ok(self, name: str, **parameters):
        answer = self.call(name, **parameters)
        assert answer["ok"], answer
        return answer["result"]


class Hook:
    """A webhook that answers as it is told, by default 200."""

    def __init__(self):
        self.got, self.script, self.lock = [], [], threading.Lock()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with hook.lock:
                    hook.got.append((update, self.headers.get("X-Telegram-Bot-Api-Secret-Token")))
                    status, headers, body = hook.script.pop(0) if hook.script else (200, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def texts(self) -> list[str]:
        with self.lock:
            return [update["message"]["text"] for update, _ in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Double(unittest.TestCase):
    def setUp(self):
        self.telegram = Telegram(pace=0.01)
        self.addCleanup(self.telegram.close)
        self.bot = Client(self.telegram)
        self.ana = self.telegram.person(5044120077, "Ana")

    def hook(self) -> Hook:
        hook = Hook()
        self.addCleanup(hook.close)
        return hook

    def refused(self, code: int, description: str, name: str, **parameters) -> dict:
        answer = self.bot.call(name, **parameters)
        self.assertEqual((False, code, description), (answer["ok"], answer.get("error_code"), answer.get("description")))
        return answer

    # ---- requests

    def test_tokens_and_methods(self):
        self.assertEqual(123456789, self.bot.ok("GETME")["id"])
        self.refused(404, "Not Found: method not found", "getNothing")
        for token, words in (("1:wrong", "Unauthorized"), ("0123:a", "Unauthorized: invalid token specified"),
                             ("nocolon", "Unauthorized: invalid token specified"), ("1:" + "a" * 79, "Unauthorized: invalid token specified")):
            answer = Client(self.telegram, token).call("getMe")
            self.assertEqual((401, words), (answer["error_code"], answer["description"]))
        self.assertEqual(404, self.bot.raw("GET", "/elsewhere")[0])
        self.telegram.revoke()
        self.refused(401, "Unauthorized", "getMe")

    def test_the_four_encodings(self):
        given = {"chat_id": "5044120077", "text": "ä & ö", "reply_parameters": '{"message_id": 9, "allow_sending_without_reply": true}'}
        path = f"/bot{self.telegram.token}/sendMessage"
        body = b"".join(f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in given.items()) + b"--B--\r\n"
        for answer in (self.bot.raw("GET", path + "?" + urlencode(given)),
                       self.bot.raw("POST", path, urlencode(given).encode(), "application/x-www-form-urlencoded"),
                       self.bot.raw("POST", path, json.dumps(given).encode(), "application/json"),
                       self.bot.raw("POST", path, body, "multipart/form-data; boundary=B")):
            self.assertEqual(200, answer[0], answer)
        self.assertEqual(["ä & ö"] * 4, self.ana.texts)
        self.assertIn("can't parse JSON", self.bot.raw("POST", path, b"{", "application/json")[2].decode())

    # ---- polling

    def test_an_offset_confirms_and_nothing_else_does(self):
        for text in ("one", "two", "three"):
            self.ana.write(text)
        first = self.bot.ok("getUpdates")
        self.assertEqual(["one", "two", "three"], [update["message"]["text"] for update in first])
        self.assertEqual(first[:1], self.bot.ok("getUpdates"), "the same offset at once: one update")
        self.assertEqual(first[1:], self.bot.ok("getUpdates", offset=first[0]["update_id"] + 1, limit=50))
        self.assertEqual(2, len(self.telegram.pending))
        self.assertEqual([first[2]], self.bot.ok("getUpdates", offset=-1))
        self.assertEqual([], self.bot.ok("getUpdates", offset=first[2]["update_id"] + 1))
        self.ana.write("late")
        self.telegram.clock.advance(86_401)
        self.assertEqual([], self.bot.ok("getUpdates"), "kept for 24 h")

    def test_a_long_poll_ends_with_the_first_update(self):
        answers = []
        poll = threading.Thread(target=lambda: answers.append(self.bot.ok("getUpdates", timeout=30)))
        poll.start()
        eventually(lambda: self.telegram.calls("getUpdates"), "the poll")
        self.ana.write("awake")
        poll.join(20)
        self.assertEqual("awake", answers[0][0]["message"]["text"])

    def test_one_poller_only(self):
        answers = []
        poll = threading.Thread(target=lambda: answers.append(Client(self.telegram).call("getUpdates", timeout=30)))
        poll.start()
        eventually(lambda: self.telegram.calls("getUpdates"), "the first poll")
        self.assertEqual([], self.bot.ok("getUpdates", offset=1, timeout=0))
        poll.join(20)
        self.assertEqual((409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
                         (answers[0]["error_code"], answers[0]["description"]))

    def test_polls_and_webhooks_exclude_each_other(self):
        answers, hook = [], self.hook()
        poll = threading.Thread(target=lambda: answers.append(Client(self.telegram).call("getUpdates", timeout=30)))
        poll.start()
        eventually(lambda: self.telegram.calls("getUpdates"), "the poll")
        self.bot.ok("setWebhook", url=hook.url)
        poll.join(20)
        self.assertEqual("Conflict: terminated by setWebhook request", answers[0]["description"])
        self.refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                     "getUpdates")
        self.assertEqual("Webhook was deleted", self.bot.call("deleteWebhook")["description"])
        self.assertEqual("Webhook is already deleted", self.bot.call("deleteWebhook")["description"])

    # ---- webhooks

    def test_what_setWebhook_refuses(self):
        strict = Telegram(allow_http=False, pace=0.01)
        self.addCleanup(strict.close)
        self.bot = Client(strict)
        for parameters, words in (({"url": "http://a.test/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
                                  ({"url": "https://a.test:9000/"}, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
                                  ({"url": "nonsense"}, "invalid webhook URL specified"),
                                  ({"url": "https://a.test/", "secret_token": "s" * 257}, "secret token is too long"),
                                  ({"url": "https://a.test/", "secret_token": "ä"}, "secret token contains unallowed characters")):
            self.refused(400, "Bad Request: " + words, "setWebhook", **parameters)
        self.assertEqual("Webhook was set", self.bot.call("setWebhook", url="https://a.test/")["description"])
        answer = self.refused(429, "Too Many Requests: retry after 1", "setWebhook", url="https://a.test/")
        self.assertEqual((1, "1"), (answer["parameters"]["retry_after"], self.bot.headers["Retry-After"]))
        strict.clock.advance(1)
        self.assertEqual("Webhook is already set", self.bot.call("setWebhook", url="https://a.test/")["description"])

    def test_an_update_comes_with_the_secret_until_it_is_taken(self):
        hook = self.hook()
        hook.script = [(500, {}, b""), (503, {"Retry-After": "1"}, b"")]
        self.bot.ok("setWebhook", url=hook.url, secret_token="the-secret")
        bob = self.telegram.person(6, "Bob")
        self.ana.write("first")
        self.ana.write("second")
        eventually(lambda: not self.telegram.pending, "all of it to be taken")
        self.assertEqual(["first", "first", "first", "second"], hook.texts())
        self.assertEqual(1, len({update["update_id"] for update, _ in hook.got[:3]}))
        self.assertEqual({"the-secret"}, {secret for _, secret in hook.got})
        info = self.bot.ok("getWebhookInfo")
        self.assertEqual((hook.url, 0), (info["url"], info["pending_update_count"]))
        self.assertIn("Wrong response from the webhook: 503", info["last_error_message"])
        bob.write("also here")
        eventually(lambda: "also here" in hook.texts(), "another chat")

    def test_a_failed_head_holds_its_own_chat_only(self):
        hook, bob = self.hook(), self.telegram.person(6, "Bob")
        self.bot.ok("setWebhook", url=hook.url)
        self.telegram.delivery.pace = 10
        hook.script = [(500, {}, b""), (500, {}, b"")]
        self.ana.write("stuck")
        eventually(lambda: len(hook.got) == 2, "two refusals")
        self.ana.write("behind it")
        bob.write("free")
        eventually(lambda: "free" in hook.texts(), "Bob's message")
        self.assertNotIn("behind it", hook.texts())

    def test_a_lost_answer_is_a_duplicate(self):
        hook = self.hook()
        self.bot.ok("setWebhook", url=hook.url)
        self.telegram.delivery.lose_acks = 1
        self.ana.write("twice")
        eventually(lambda: not self.telegram.pending, "the second try")
        self.assertEqual(["twice", "twice"], hook.texts())

    def test_an_answer_may_be_a_call(self):
        hook = self.hook()
        hook.script = [(200, {}, json.dumps({"method": "sendMessage", "chat_id": self.ana.chat_id, "text": "by answer"}).encode()),
                       (200, {}, b'{"method": "deleteWebhook"}')]
        self.bot.ok("setWebhook", url=hook.url)
        self.ana.write("a"), self.ana.write("b")
        eventually(lambda: not self.telegram.pending, "delivery")
        self.assertEqual(["by answer"], self.ana.texts)
        self.assertTrue(self.telegram.bot.webhook)

    def test_410_for_long_removes_the_webhook(self):
        hook = self.hook()
        self.bot.ok("setWebhook", url=hook.url)
        hook.script = [(410, {}, b"")] * 50
        self.ana.write("gone?")
        eventually(lambda: len(hook.got) >= 2, "two tries")
        self.telegram.clock.advance(23 * 3600 + 1)
        self.telegram.inject(message=self.ana.chat.messages[1])
        eventually(lambda: self.telegram.bot.webhook is None, "the webhook to be removed")

    # ---- sending

    def test_what_sending_refuses(self):
        me, bob = self.ana.chat_id, self.telegram.person(6, "Bob")
        for words, name, parameters in (
                ("chat_id is empty", "sendMessage", {"text": "x"}),
                ("chat not found", "sendMessage", {"chat_id": 1, "text": "x"}),
                ("message text is empty", "sendMessage", {"chat_id": me, "text": " \n"}),
                ("message is too long", "sendMessage", {"chat_id": me, "text": "🙂" * 2049}),
                ("message to be replied not found", "sendMessage", {"chat_id": me, "text": "x", "reply_parameters": {"message_id": 99}}),
                ("BUTTON_DATA_INVALID", "sendMessage", {"chat_id": me, "text": "x", "reply_markup": {
                    "inline_keyboard": [[{"text": "a", "callback_data": "d" * 65}]]}}),
                ("can't parse entities: Unsupported start tag \"script\"", "sendMessage", {"chat_id": me, "text": "<script>", "parse_mode": "HTML"}),
                ("there is no photo in the request", "sendPhoto", {"chat_id": me}),
                ("wrong file_id or the file is temporarily unavailable", "sendDocument", {"chat_id": me, "document": "nothing"}),
                ("failed to get HTTP URL content", "sendPhoto", {"chat_id": me, "photo": "https://a.test/x.jpg"}),
                ("wrong parameter action in request", "sendChatAction", {"chat_id": me, "action": "yodel"}),
                ("message to edit not found", "editMessageText", {"chat_id": me, "message_id": 99, "text": "x"}),
                ("wrong file_id or the file is temporarily unavailable", "getFile", {"file_id": "nothing"})):
            self.refused(400, "Bad Request: " + words, name, **parameters)
        bob.block()
        self.refused(403, "Forbidden: bot was blocked by the user", "sendMessage", chat_id=6, text="x")
        bob.block(True, "user is deactivated")
        self.refused(403, "Forbidden: user is deactivated", "sendMessage", chat_id=6, text="x")
        self.assertEqual([], self.ana.sees)

    def test_edits_deletes_and_answers(self):
        sent = self.bot.ok("sendMessage", chat_id=self.ana.chat_id, text="one",
                           reply_markup={"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]})
        self.assertEqual("two", self.bot.ok("editMessageText", chat_id=self.ana.chat_id, message_id=sent["message_id"], text="two")["text"])
        self.assertIn("message is not modified", self.bot.call("editMessageText", chat_id=self.ana.chat_id, message_id=sent["message_id"],
                                                               text="two")["description"])
        query = self.ana.press(sent["message_id"], "y")
        self.assertTrue(self.bot.ok("answerCallbackQuery", callback_query_id=query))
        self.refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid", "answerCallbackQuery",
                     callback_query_id=query)
        self.assertTrue(self.bot.ok("deleteMessage", chat_id=self.ana.chat_id, message_id=sent["message_id"]))
        self.assertEqual([], self.ana.sees)

    # ---- files

    def test_files_both_ways(self):
        data = secrets.token_bytes(5000)
        message = self.ana.photo(data, "look")
        file = self.bot.ok("getFile", file_id=message["photo"][-1]["file_id"])
        again = self.bot.ok("getFile", file_id=message["photo"][-1]["file_id"])
        self.assertNotEqual(file["file_path"], again["file_path"])
        link = f"/file/bot{self.telegram.token}/{file['file_path']}"
        self.assertEqual(data, self.bot.raw("GET", link)[2])
        self.assertEqual(401, self.bot.raw("GET", link.replace(self.telegram.token, "1:x"))[0])
        self.telegram.clock.advance(3601)
        self.assertEqual(404, self.bot.raw("GET", link)[0])
        big = self.ana.media("document", b"x", "big.bin", "application/octet-stream", size=(20 << 20) + 1)
        self.refused(400, "Bad Request: file is too big", "getFile", file_id=big["document"]["file_id"])
        body = (b'--B\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n5044120077\r\n'
                b'--B\r\nContent-Disposition: form-data; name="document"; filename="a.bin"\r\nContent-Type: application/x-a\r\n\r\n'
                + data + b"\r\n--B--\r\n")
        status, _, answer = self.bot.raw("POST", f"/bot{self.telegram.token}/sendDocument", body, "multipart/form-data; boundary=B")
        self.assertEqual(200, status, answer)
        self.assertEqual(data, self.ana.bytes_of(self.ana.sees[0]))
        self.assertTrue(self.bot.ok("sendDocument", chat_id=self.ana.chat_id, document=json.loads(answer)["result"]["document"]["file_id"]))

    # ---- faults

    def test_faults_on_command(self):
        self.telegram.fail("sendMessage", too_many(14), CUT, CUT_BEFORE, GARBAGE, None)
        answer = self.refused(429, "Too Many Requests: retry after 14", "sendMessage", chat_id=self.ana.chat_id, text="1")
        self.assertEqual(({"retry_after": 14}, "14"), (answer["parameters"], self.bot.headers["Retry-After"]))
        for text in ("2", "3"):
            with self.assertRaises((http.client.HTTPException, OSError)):
                self.bot.ok("sendMessage", chat_id=self.ana.chat_id, text=text)
        with self.assertRaises(ValueError):
            self.bot.ok("sendMessage", chat_id=self.ana.chat_id, text="4")
        self.bot.ok("sendMessage", chat_id=self.ana.chat_id, text="5")
        self.assertEqual(["2", "4", "5"], self.ana.texts)

    def test_it_goes_away_and_comes_back_with_everything(self):
        self.ana.write("kept")
        self.telegram.go_away()
        with self.assertRaises(OSError):
            self.bot.ok("getMe")
        self.telegram.come_back()
        self.assertEqual("kept", self.bot.ok("getUpdates")[0]["message"]["text"])

    def test_kinds_that_nobody_asked_for_do_not_come(self):
        self.assertIsNone(self.telegram.inject(message_reaction={"chat": {"id": 1, "type": "private"}}))
        self.bot.ok("getUpdates", allowed_updates=["message"])
        self.assertIsNone(self.telegram.inject(callback_query={"id": "1", "from": {"id": 1}}))
        self.ana.write("but this")
        self.assertEqual(1, len(self.bot.ok("getUpdates", offset=1)))


if __name__ == "__main__":
    unittest.main()

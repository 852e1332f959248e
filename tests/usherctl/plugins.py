"""usherctl plugin: what runs, what lies in the folders, and whether a library keeps the rules of the border."""

import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.harness import settings
from tests.harness.usher import Usher
from tests.usherctl.tool import ROOT, build, usherctl

SHIPPED = build() / "plugins"
BROKEN = """
#include <usher/plugin.hpp>
#include <cstdlib>
#include <thread>
using namespace usher::sdk;
class Broken final : public Channel {
public:
    Broken(Host given, std::string_view config) : Channel(given, config) {
        BROKEN_CREATE
    }
    ~Broken() override { BROKEN_DESTROY }
    void start(Role, Done<void> done) override { BROKEN_START }
    void send(Outbound message, Done<Receipt> done) override { BROKEN_SEND }
    void webhook(HttpRequest request, Done<HttpAnswer> done) override { BROKEN_WEBHOOK }
};
USHER_PLUGIN(Broken, "broken", "0.1.0", .config_schema = BROKEN_SCHEMA)
"""
GOOD = {"CREATE": "", "DESTROY": "", "START": "done();", "SEND": 'done(Receipt{.remote_id = "1"});',
        "WEBHOOK": "done(HttpAnswer{.status = 404});",
        "SCHEMA": '"{\\"type\\": \\"object\\", \\"properties\\": {\\"token\\": {\\"type\\": \\"string\\", \\"secret\\": true}}, '
                  '\\"required\\": [\\"token\\"]}"'}


class Library:
    """A plugin that is wrong in one way, compiled for the occasion."""

    def __init__(self, exported: bool = False, **wrong):
        self.folder = Path(tempfile.mkdtemp(prefix="usher-broken-"))
        source = self.folder / "plugin.cpp"
        text = BROKEN
        for name, body in (GOOD | wrong).items():
            text = text.replace("BROKEN_" + name, body)
        source.write_text(text, encoding="utf-8")
        self.path = self.folder / "usher-broken.so"
        script = [] if exported else [f"-Wl,--version-script={ROOT / 'sdk/cmake/plugin.version'}"]
        subprocess.run(["g++", "-std=c++20", "-fPIC", "-shared", f"-I{ROOT / 'sdk/include'}", *script,
                        *([] if exported else ["-fvisibility=hidden", "-fvisibility-inlines-hidden"]), str(source), "-o",
                        str(self.path)], check=True, capture_output=True)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


class Check(unittest.TestCase):
    def expect(self, path, severity, what, expected, where, *more):
        """Exactly these words stand in the report; the exit status follows the severity."""
        ran = usherctl("plugin", "check", path, "--timeout", "20", *more)
        self.assertIn(f"{severity}: {what}\n        expected: {expected}", ran.out, ran.out + ran.err)
        self.assertIn(f"see: {where}", ran.out)
        self.assertEqual(ran.code, 1 if severity == "error" else 0, ran.out)
        return ran

    def test_the_shipped_plugins_have_no_errors(self):
        libraries = sorted(SHIPPED.glob("usher-*.so"))
        self.assertTrue(libraries)
        for library in libraries:
            with self.subTest(library.name):
                ran = usherctl("plugin", "check", library)
                self.assertEqual(ran.code, 0, ran.out + ran.err)

    def test_a_good_one_is_told_so(self):
        with Library() as path:
            ran = usherctl("plugin", "check", path)
            self.assertEqual(ran.code, 0, ran.out)
            self.assertIn("channel broken 0.1.0, with a made-up configuration that sets everything", ran.out)
            self.assertRegex(ran.out, r"\d+ steps: 0 errors, 0 warnings\.")

    def test_a_crash_is_a_finding_and_the_rest_is_still_tried(self):
        with Library(SEND="std::abort();") as path:
            ran = self.expect(path, "error", "the plugin was killed by signal 6 (Aborted)",
                              "to answer: nothing crashes, exits, blocks or runs for ever across the border", "sdk/ABI.md, Threads")
            self.assertIn("ok    start, stop, destroy; as owner, edge and owner again", ran.out)
            self.assertIn("webhook: requests from strangers", ran.out)

    def test_an_exit_and_a_hang(self):
        with Library(SEND="std::exit(3);") as path:
            self.expect(path, "error", "the plugin ended its process with exit status 3", "to answer", "sdk/ABI.md, Threads")
        with Library(SEND="for (volatile int i = 0;;) i = i + 1;") as path:
            ran = usherctl("plugin", "check", path, "--timeout", "1")
            self.assertIn("error: the plugin did not come to an end within 1 s", ran.out)

    def test_never_and_twice(self):
        with Library(SEND="static std::vector<Done<Receipt>> kept; kept.push_back(done);") as path:
            self.expect(path, "error", "send is never answered (10 minutes of the host's clock and 3 s of real time)",
                        "done.fn runs exactly once for every operation that was begun", "sdk/ABI.md, Begin and done")

    def test_create_reaches_out(self):
        with Library(CREATE='host().http({.url = "https://provider.example.test/me"}, [](const Result<HttpAnswer>&) {});') as path:
            self.expect(path, "error", "create already asks the host for something (http, emit or a timer)",
                        "create may parse and log; the first host call belongs into start", "sdk/ABI.md, Life cycle")

    def test_a_thread_is_left_behind(self):
        with Library(CREATE="std::thread([] { for (;;) std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();") as path:
            self.expect(path, "error", "each instance leaves a thread behind (20 after 20)",
                        "destroy joins the plugin's own threads", "sdk/ABI.md, Threads")

    def test_a_secret_is_told(self):
        with Library(START="host().info(config_json()); done();") as path:
            self.expect(path, "error", "a secret of the configuration stands in the log",
                        "no secret of the configuration in any text: logs and states are kept and shown", "sdk/ABI.md, Errors")

    def test_a_lost_answer_is_claimed_as_success(self):
        send = ('host().http({.method = "POST", .url = "https://provider.example.test"}, '
                '[done](const Result<HttpAnswer>&) { done(Receipt{.remote_id = "1"}); });')
        with Library(SEND=send) as path:
            self.expect(path, "error", "the answer is lost (the request was written): send claims success",
                        "a failure: the message was not taken", "sdk/ABI.md, Errors of send")

    def test_an_emit_without_a_key_from_a_stranger(self):
        webhook = ('host().emit({.contact = "x", .text = "y", .content_json = "[]"}, '
                   '[done](const Result<Emitted>&) { done(HttpAnswer{}); });')
        with Library(WEBHOOK=webhook) as path:
            ran = self.expect(path, "error", "emit: a dedupe_key is required for this kind",
                              "see there what an emitted message has to hold", "sdk/ABI.md, Messages")
            self.assertIn("an emitted message's content_json is no JSON object", ran.out)
            self.assertIn("warning: 385 messages were emitted from requests that nobody signed", ran.out)

    def test_a_schema_keyword_that_no_form_can_draw(self):
        schema = '"{\\"type\\": \\"object\\", \\"properties\\": {\\"a\\": {\\"type\\": \\"string\\", \\"anyOf\\": []}}}"'
        with Library(SCHEMA=schema) as path:
            ran = usherctl("plugin", "check", path)
            self.assertEqual(ran.code, 1)
            self.assertIn("anyOf", ran.out)
            self.assertIn("expected: only the keywords that the settings form can draw; the loader refuses others", ran.out)

    def test_more_than_the_entry_is_exported(self):
        with Library(exported=True) as path:
            ran = usherctl("plugin", "check", path)
            self.assertIn("warning: exports more than its entry: ", ran.out)
            self.assertEqual(ran.code, 0, ran.out)

    def test_no_library_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder, "usher-text.so")
            text.write_text("not a library", encoding="utf-8")
            ran = usherctl("plugin", "check", text)
            self.assertEqual(ran.code, 1)
            self.assertIn("is no 64-bit shared library", ran.out)
            ran = usherctl("plugin", "check", Path(folder, "none.so"))
            self.assertEqual((ran.code, ran.out), (2, ""))
            self.assertIn("no such file", ran.err)

    def test_findings_as_json(self):
        with Library(SEND="std::abort();") as path:
            report = json.loads(usherctl("plugin", "check", path, "--json").out)
            self.assertGreater(report["errors"], 0)
            self.assertEqual(report["findings"][0]["plugin"], "broken")

    def test_an_own_configuration_is_held_against_the_schema(self):
        with Library() as path, tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "config.yaml")
            config.write_text("tokn: x\n", encoding="utf-8")
            ran = usherctl("plugin", "check", path, "--config", "config.yaml", cwd=folder)
            self.assertEqual(ran.code, 2)
            self.assertIn("config.yaml:1:1: tokn: unknown key; did you mean token?", ran.err)
            config.write_text("token: ${TOKEN}\n", encoding="utf-8")
            ran = usherctl("plugin", "check", path, "--config", "config.yaml", cwd=folder, environment={"TOKEN": "t" * 20})
            self.assertEqual(ran.code, 0, ran.out + ran.err)


class New(unittest.TestCase):
    def test_refusals_change_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            ran = usherctl("plugin", "new", "Carrier Pigeon", cwd=folder)
            self.assertEqual(ran.code, 2)
            self.assertIn('"Carrier Pigeon" is no name for a plugin; expected [a-z][a-z0-9_-]{0,39}, such as carrier-pigeon', ran.err)
            Path(folder, "pigeon").mkdir()
            Path(folder, "pigeon", "mine.txt").write_text("mine", encoding="utf-8")
            ran = usherctl("plugin", "new", "pigeon", cwd=folder)
            self.assertEqual(ran.code, 2)
            self.assertIn("is there already and not empty; nothing was changed", ran.err)
            self.assertEqual([path.name for path in Path(folder, "pigeon").iterdir()], ["mine.txt"])
            self.assertEqual(usherctl("plugin", "new", "pigeon", "--kind", "bird", cwd=folder).code, 2)

    def test_every_placeholder_is_filled(self):
        for kind in ("channel", "strategy", "responder", "exporter"):
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                ran = usherctl("plugin", "new", "carrier-pigeon", "--kind", kind, cwd=folder)
                self.assertEqual(ran.code, 0, ran.err)
                for file in Path(folder, "carrier-pigeon").iterdir():
                    text = file.read_text(encoding="utf-8")
                    self.assertNotRegex(text, r"@\w+@", file.name)
                self.assertIn("class CarrierPigeon final", Path(folder, "carrier-pigeon", "plugin.cpp").read_text(encoding="utf-8"))


class List(unittest.TestCase):
    def test_of_the_files(self):
        ran = usherctl("plugin", "list", "--files")
        self.assertEqual(ran.code, 0, ran.err)
        self.assertRegex(ran.out, r"(?m)^KIND +PLUGIN +VERSION +LIBRARY$")
        self.assertRegex(ran.out, r"(?m)^strategy +round_robin +0\.1\.0 +/.*usher-round_robin\.so$")

    def test_a_broken_library_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "usher-broken.so").write_text("no library", encoding="utf-8")
            Path(folder, "usher.yaml").write_text(f"plugin_dirs: [{folder}]\n", encoding="utf-8")
            ran = usherctl("plugin", "list", "--files", "--config", "usher.yaml", cwd=folder)
            self.assertEqual(ran.code, 1)
            self.assertIn("usher-broken.so", ran.err)

    def test_of_the_running_daemon(self):
        usher = Usher(accounts=[{"id": "website", "channel": "livechat", "config": {}}])
        self.addCleanup(usher.close)
        usher.start()
        ran = usherctl("plugin", "list", "--url", usher.url, "--api-key", settings.ADMIN_KEY)
        self.assertEqual(ran.code, 0, ran.err)
        self.assertRegex(ran.out, r"(?m)^channel +livechat +\S+ +website +ready$")
        ran = usherctl("plugin", "list", "--url", usher.url, "--api-key", "wrong")
        self.assertEqual(ran.code, 2)
        self.assertIn("does not take this API key", ran.err)
        ran = usherctl("plugin", "list", "--url", usher.url, "--json", environment={"USHER_API_KEY": settings.ADMIN_KEY})
        usher.person("Abel Agent", "agent").get("/plugins").expect(403)
        usher.anonymous().get("/plugins").expect(401)
        self.assertEqual({plugin["kind"] for plugin in json.loads(ran.out)}, {"channel", "strategy", "responder", "exporter"})

    def test_nobody_answers(self):
        ran = usherctl("plugin", "list", "--url", "http://127.0.0.1:1")
        self.assertEqual((ran.code, ran.out), (2, ""))
        self.assertTrue(ran.err.startswith("usherctl: http://127.0.0.1:1: "), ran.err)


if __name__ == "__main__":
    unittest.main()

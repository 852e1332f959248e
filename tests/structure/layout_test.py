"""The layout check catches what it is there to catch, and lets pass what is right."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import layout  # noqa: E402


class Layout(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="usher-layout-")).resolve()
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", str(self.root)], check=True))
        for header in ("foundation/ids.hpp", "model/inbox.hpp", "config/yaml.hpp", "store/session.hpp", "http/server.hpp",
                       "desk/desk.hpp", "inbound/way.hpp", "outbound/outbox.hpp"):
            self.write(f"kernel/{header}", "#pragma once\n")

    def write(self, path: str, text: str):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def problems(self, path: str, text: str) -> str:
        self.write(path, text)
        return "\n".join(layout.check(self.root))

    def test_a_clean_tree_has_no_problems(self):
        text = '#include "desk/desk.hpp"\n#include "store/session.hpp"\n#include <vector>\n#include "outbound/outbox.hpp"\n'
        self.assertEqual("", self.problems("kernel/outbound/outbox.cpp", text))

    def test_an_include_up_is_named_with_its_line(self):
        found = self.problems("kernel/store/session.cpp", '#include <vector>\n#include "desk/desk.hpp"\n')
        self.assertEqual('kernel/store/session.cpp:2: "desk/desk.hpp" goes up: store stands on floor 2, desk on 5', found)

    def test_an_include_sideways_is_refused(self):
        found = self.problems("kernel/inbound/way.cpp", '#  include "outbound/outbox.hpp"\n')
        self.assertIn('goes sideways: inbound stands on floor 6, outbound on 6', found)

    def test_a_relative_include_cannot_hide_the_way_up(self):
        self.assertIn('not at ".."', self.problems("kernel/store/a.cpp", '#include "../desk/desk.hpp"\n'))
        self.assertIn("with quotes", self.problems("kernel/store/a.cpp", "#include <desk/desk.hpp>\n"))
        self.assertIn('write "store/session.hpp"', self.problems("kernel/store/a.cpp", '#include "session.hpp"\n'))

    def test_a_kernel_folder_without_a_floor_is_refused(self):
        self.assertIn("kernel/helpers: has no floor", self.problems("kernel/helpers/x.hpp", "#pragma once\n"))

    def test_plugins_and_sdk_see_no_kernel_header(self):
        text = '#include <usher/plugin.h>\n#include "store/session.hpp"\n'
        self.assertIn("is a kernel header", self.problems("plugins/channels/open/plugin.cpp", text))
        self.assertIn("is a kernel header", self.problems("sdk/include/usher/host.hpp", text))

    def test_a_plugin_may_have_a_folder_of_its_own_with_a_kernel_name(self):
        self.write("plugins/channels/open/store/session.hpp", "#pragma once\n")
        self.assertEqual("", self.problems("plugins/channels/open/plugin.cpp", '#include "store/session.hpp"\n'))

    def test_soci_beast_and_spdlog_stay_at_home(self):
        text = "#include <soci/soci.h>\n#include <boost/beast/http.hpp>\n#include <spdlog/spdlog.h>\n"
        found = self.problems("kernel/desk/desk.cpp", text)
        self.assertIn("desk.cpp:1: <soci/soci.h> belongs in kernel/store only", found)
        self.assertIn("desk.cpp:2: <boost/beast/http.hpp> belongs in kernel/http and kernel/net only", found)
        self.assertIn("desk.cpp:3: <spdlog/spdlog.h> belongs in kernel/foundation only", found)

    def test_they_are_welcome_at_home(self):
        self.write("kernel/store/session.cpp", "#include <soci/soci.h>\n")
        self.write("kernel/http/server.cpp", "#include <boost/beast/core.hpp>\n")
        self.assertEqual("", self.problems("kernel/foundation/log.cpp", "#include <spdlog/spdlog.h>\n"))

    def test_co_await_in_either_branch_or_the_condition_is_refused(self):
        for line in ("auto s = c ? co_await a.accept(x) : other;", "auto s = c ? other : co_await a.accept(x);",
                     "if ((co_await f()) ? a : b) {}", "g(1, c\n ? co_await f(y, z) : 0);", "co_return c ? co_await f() : 1;"):
            with self.subTest(line):
                self.assertIn("co_await inside ?:", self.problems("kernel/http/a.cpp", f"void f() {{ {line} }}\n"))

    def test_a_lambda_with_captures_inside_an_awaited_expression(self):
        for line in ("auto r = co_await store.read([id](Session& s) { return s.one(id); });",
                     "co_return co_await store.write([this, x = 1](Write& w) -> R { return f(w); }, source);"):
            with self.subTest(line=line):
                self.assertIn("name it first", self.problems("kernel/api/a.cpp", f"void f() {{ {line} }}\n"))

    def test_a_named_lambda_and_one_without_captures_are_fine(self):
        for line in ("const auto find = [id](Session& s) { return s.one(id); };\nauto r = co_await store.read(find);",
                     "auto r = co_await store.read([](Session& s) { return s.all(); });",
                     "auto r = co_await f(rows[i]); const auto g = [i](int x) { return x + i; };"):
            with self.subTest(line=line):
                self.assertNotIn("name it first", self.problems("kernel/api/a.cpp", f"void f() {{ {line} }}\n"))

    def test_co_await_beside_a_conditional_is_fine(self):
        for line in ("co_await f(c ? 1 : 2);", "// c ? co_await x : y\n", 'auto s = "c ? co_await x : y";',
                     "auto a = c ? 1 : 2; co_await f();", "if (c ? a : b) { co_await f(); }", "g(co_await f(), c ? 1 : 2);",
                     "auto x = 1'000; auto s = R\"q(? co_await :)q\";"):
            with self.subTest(line):
                self.assertEqual("", self.problems("kernel/http/a.cpp", f"void f() {{ {line} }}\n"))

    def test_an_entry_at_the_top_that_is_not_on_the_list_is_refused(self):
        self.assertIn("scripts: the top level holds", self.problems("scripts/x.sh", ""))

    def test_the_program_says_it_by_its_exit_status(self):
        program = [sys.executable, str(Path(layout.__file__)), str(self.root)]
        self.assertEqual(0, subprocess.run(program, capture_output=True).returncode)
        self.write("kernel/model/inbox.cpp", '#include "store/session.hpp"\n')
        ran = subprocess.run(program, capture_output=True, text=True)
        self.assertEqual(1, ran.returncode)
        self.assertIn("kernel/model/inbox.cpp:1:", ran.stderr)


if __name__ == "__main__":
    unittest.main()

"""The SDK as an author finds it: installed, in an empty folder, without Boost and without kernel sources. The README is
followed to the letter."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

from tests.harness.usher import _die_with_the_test, free_ports
from tests.harness.wait import eventually
from tests.usherctl.tool import ROOT, build

SH = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp(prefix="usher-author-"))
        cls.prefix = cls.home / "usher"
        for component in ("sdk", "runtime"):
            subprocess.run(["cmake", "--install", str(build()), "--prefix", str(cls.prefix), "--component", component], check=True,
                           capture_output=True)
        cls.environment = {"HOME": str(cls.home), "PATH": f"{cls.prefix}/bin:" + os.environ["PATH"], "LANG": "C.UTF-8",
                           "CMAKE_GENERATOR": "Ninja", "CMAKE_BUILD_PARALLEL_LEVEL": "2"}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home, ignore_errors=True)

    def sh(self, script: str, cwd: Path, fine: bool = True) -> str:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=cwd, env=self.environment, capture_output=True, text=True,
                              timeout=600)
        if fine:
            self.assertEqual(done.returncode, 0, script + "\n" + done.stdout + done.stderr)
        return done.stdout + done.stderr

    @staticmethod
    def ready(port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def empty(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir()
        return folder

    def test_what_is_installed(self):
        for name in ("bin/usherd", "bin/usherctl", "include/usher/plugin.h", "include/usher/plugin.hpp",
                     "include/usher/conformance/check.hpp", "share/pkgconfig/usher-sdk.pc", "share/usher/sdk/README.md",
                     "share/usher/sdk/ABI.md", "share/usher/sdk/template/channel/schema.json", "share/usher/sdk/conformance/main.cpp",
                     "share/usher/sdk/examples/echo/plugin.cpp", "share/usher/config/usher.yaml", "lib/usher/plugins/usher-open.so"):
            self.assertTrue((self.prefix / name).exists(), name)
        self.assertFalse(list(self.prefix.glob("lib/usher/plugins/*example*")))

    def test_every_template_builds_and_keeps_the_rules(self):
        for kind in ("channel", "strategy", "responder", "exporter"):
            with self.subTest(kind):
                folder = self.empty("template-" + kind)
                self.sh(f"usherctl plugin new my-{kind} --kind {kind} && cd my-{kind} && "
                        f"cmake -B build -DCMAKE_PREFIX_PATH={self.prefix} && cmake --build build && "
                        "ctest --test-dir build --output-on-failure", folder)
                report = self.sh(f"usherctl plugin check my-{kind}/build/plugins/usher-my-{kind}.so "
                                 f"--config my-{kind}/test_config.json", folder)
                self.assertRegex(report, r"\d+ steps: 0 errors, 0 warnings\.")
                # Nothing of Boost, nothing of the kernel: all that was read is the SDK's, the folder's or the compiler's own.
                read = self.sh(f"g++ -std=c++20 -M -I{self.prefix}/include -Imy-{kind}/build my-{kind}/plugin.cpp", folder)
                self.assertNotIn("boost", read)
                self.assertNotIn(str(ROOT), read)

    def test_the_readme_to_the_letter(self):
        blocks = SH.findall((self.prefix / "share/usher/sdk/README.md").read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(blocks), 5)
        folder = self.empty("readme")
        port, public_port = free_ports(2)
        daemon = None
        try:
            for block in blocks:
                # The only changes: free ports, and a second terminal for the daemon.
                block = re.sub(r"\b808[01]\b", lambda found: str(port if found.group() == "8080" else public_port), block)
                if "  usherd " in block:
                    block = block.replace("  usherd ", f"  exec usherd --port {port} --public-port {public_port} ")
                    daemon = subprocess.Popen(["bash", "-c", block], cwd=folder, env=self.environment, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL, preexec_fn=_die_with_the_test)
                    eventually(lambda: self.ready(port), "the daemon to be ready", within=60)
                    continue
                out = self.sh(f"{block}\npwd > {self.home}/where", folder)
                folder = Path((self.home / "where").read_text(encoding="utf-8").strip())
                if "conversations" in block:
                    self.assertIn("Ada", out)
                    self.assertRegex(out, r"(?m)^channel +pigeon +0\.1\.0 +my-pigeon +ready")
                if "plugin check" in block:
                    self.assertIn(" 0 errors", out)
        finally:
            if daemon:
                daemon.terminate()
                daemon.wait(timeout=60)

    def test_another_minor_is_refused(self):
        folder = self.empty("minor")
        (folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES CXX)\n"
                                               "find_package(usher-sdk 0.2 REQUIRED)\n", encoding="utf-8")
        told = self.sh(f"cmake -B build -DCMAKE_PREFIX_PATH={self.prefix}", folder, fine=False)
        self.assertIn("compatible with requested version \"0.2\"", told)


if __name__ == "__main__":
    unittest.main()

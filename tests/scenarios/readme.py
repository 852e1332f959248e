"""README.md, "Try it without a browser": executed as it stands there."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from tests.harness.database import missing
from tests.harness.settings import ROOT, daemon
from tests.harness.usher import free_ports


class Readme(unittest.TestCase):
    def test_try_it_without_a_browser(self):
        # proves S0-42
        if daemon() != ROOT / "build" / "release" / "bin" / "usherd" or not daemon().exists():
            missing("packaging/run uses the release build, which is not there or not the one under test")
        section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Try it without a browser")[2].partition("\n## ")[0]
        blocks = re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        self.assertEqual(1, len(blocks))
        ports = dict(zip(("PORT", "PUBLIC_PORT", "SHOP_PORT"), map(str, free_ports(3))))
        with tempfile.TemporaryDirectory(prefix="usher-readme-") as folder:
            environment = {key: value for key, value in os.environ.items() if not key.startswith("USHER_")}
            environment |= ports | {"TMPDIR": folder, "HOME": folder}
            shell = subprocess.Popen(["bash", "-eu", "-o", "pipefail", "-c", blocks[0]], cwd=ROOT, env=environment, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            try:
                said, complained = shell.communicate(timeout=240)
            finally:
                try:
                    os.killpg(shell.pid, signal.SIGKILL)  # whatever it left behind is in its own group
                except ProcessLookupError:
                    pass
            logs = [open(os.path.join(place, "log"), encoding="utf-8").read()
                    for place, _, files in os.walk(folder) if "log" in files]
        self.assertEqual(0, shell.returncode, "\n".join([said, complained, *logs]))
        taken, reply, delivered, timeline = [line for line in said.splitlines() if line.strip()]
        self.assertFalse(json.loads(taken)["duplicate"])
        self.assertEqual("held", json.loads(reply)["data"]["status"])
        self.assertEqual("message.created for customer-77: Tomorrow, before noon.", delivered)
        texts = [entry["text"] for entry in json.loads(timeline)["data"] if entry["kind"] == "message"]
        self.assertEqual(["When will it arrive?", "Tomorrow, before noon."], texts)


if __name__ == "__main__":
    unittest.main()

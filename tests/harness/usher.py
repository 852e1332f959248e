"""A running usherd: in a folder of its own, on free loopback ports, stopped and removed at the end."""

import ctypes
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from . import settings
from .client import Api
from .database import Database, missing
from .wait import eventually


def free_ports(count: int) -> list[int]:
    """Free loopback ports below the range that outgoing connections take theirs from."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _die_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no daemon outlives a test that was killed


class Usher:
    def __init__(self, *, accounts=(), undo_window_seconds: int = 0, database: str | None = None, extra: dict | None = None,
                 arguments=(), presets: bool = True):
        if not settings.daemon().exists():
            missing(f"{settings.daemon()} is not built")
        self.folder = Path(tempfile.mkdtemp(prefix="usher-scenario-"))
        self.database = Database(database)
        self.port, self.public_port = free_ports(2)
        self.arguments = list(arguments)
        self.presets = presets  # of the first administrator, by the environment
        self.config = self.folder / "usher.yaml"
        self._settings = {"accounts": list(accounts), "undo_window_seconds": undo_window_seconds, "extra": extra or {}}
        self.configure()
        self.process: subprocess.Popen | None = None
        self._admin: Api | None = None

    url = property(lambda self: f"http://127.0.0.1:{self.port}")
    public_url = property(lambda self: f"http://127.0.0.1:{self.public_port}")
    log_file = property(lambda self: self.folder / "usherd.out")
    log = property(lambda self: self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else "")

    def configure(self, **changes) -> None:
        """Writes the YAML, with other accounts or settings than before; the next start reads it."""
        self._settings |= changes
        self.config.write_text(settings.configuration(store_url=self.database.url, **self._settings), encoding="utf-8")

    def command(self) -> list[str]:
        return [str(settings.daemon()), "--config", str(self.config), "--data", str(self.folder / "data"),
                "--port", str(self.port), "--public-port", str(self.public_port), *self.arguments]

    def spawn(self) -> "Usher":
        """Starts the process and waits for nothing."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("USHER_")}
        if self.presets:
            environment |= {"USHER_ADMIN_EMAIL": settings.ADMIN_EMAIL, "USHER_ADMIN_PASSWORD": settings.ADMIN_PASSWORD,
                            "USHER_ADMIN_API_KEY": settings.ADMIN_KEY}
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, cwd=self.folder, preexec_fn=_die_with_the_test)
        return self

    def start(self) -> "Usher":
        for _ in range(3):
            self.spawn()
            try:
                eventually(self.ready, "usherd to answer /readyz", within=60)
                return self
            except ChildProcessError as problem:
                taken = "in use" in self.log or "taken" in self.log
                if not taken or self._admin:
                    raise AssertionError(f"{problem}\n{self.tail()}") from None
                self.port, self.public_port = free_ports(2)  # somebody else was faster
            except AssertionError as problem:
                raise AssertionError(f"{problem}\n{self.tail()}") from None
        raise AssertionError(f"usherd found no free ports\n{self.tail()}")

    def ready(self) -> bool:
        if self.process.poll() is not None:
            raise ChildProcessError(f"usherd ended with status {self.process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> int:
        """As an operator stops it. Returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """As a power cut stops it."""
        self.process.kill()
        self.process.wait(timeout=60)

    def restart(self, *, hard: bool = False) -> None:
        self.kill() if hard else self.stop()
        self.start()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.database.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tail(self, lines: int = 60) -> str:
        return "--- usherd said:\n" + "\n".join(self.log.splitlines()[-lines:])

    # ---- whom one talks to it as

    def anonymous(self) -> Api:
        return Api(self)

    @property
    def admin(self) -> Api:
        """The preset administrator, by API key."""
        if not self._admin:
            self._admin = Api(self, key=settings.ADMIN_KEY)
        return self._admin

    def person(self, name: str, *roles: str, seat: bool = True, inboxes=(), member_role: str = "agent") -> Api:
        """A new user with these roles, invited, joined and signed in by cookie; a member of these inboxes."""
        email = name.lower().replace(" ", ".") + "@example.test"
        made = self.admin.post("/users", {"name": name, "email": email, "roles": list(roles), "seat": seat}).expect(201)
        token = made.json["invitation"]["url"].rstrip("/").rpartition("/")[2].rpartition("=")[2]
        api = self.anonymous()
        api.post(f"/auth/invitations/{token}", {"password": f"{name} has a long password"}).expect(200)
        api.signed_in(made.data["id"], email, f"{name} has a long password")
        for inbox in inboxes:
            self.admin.post(f"/inboxes/{inbox}/members", {"userId": api.user, "role": member_role}).expect(201)
        return api

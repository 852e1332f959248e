"""A database server of a test's own, so that it can be killed, frozen and started again. In a temporary folder, on a free port,
with full durability: what it acknowledged survives its death."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.harness.database import missing
from tests.harness.usher import free_ports
from tests.harness.wait import eventually


def _as(user: str):
    """As root a server runs under its own user, as everywhere; else under ours."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Server:
    """`kind` is postgresql or mariadb. `setting` is what the harness reads from the environment."""

    def __init__(self, kind: str):
        self.kind, self.process = kind, None
        self.folder = Path(tempfile.mkdtemp(prefix="usher-server-"))
        self.folder.chmod(0o711)
        self.port = free_ports(1)[0]
        self.home = self.folder / "home"
        self.home.mkdir()
        try:
            getattr(self, f"_make_{kind}")()
            self.start()
            getattr(self, f"_fill_{kind}")()
        except FileNotFoundError as problem:
            self.close()
            missing(str(problem))
        except BaseException:
            self.close()
            raise

    def _make_postgresql(self):
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not folders:
            raise FileNotFoundError("no PostgreSQL server under /usr/lib/postgresql")
        self.bin, self.who = folders[-1], _as("postgres")
        self._own("postgres")
        self._run(self.bin / "initdb", "-D", self.home / "data", "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8", **self.who)
        self.command = [self.bin / "postgres", "-D", self.home / "data", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                        "-c", f"unix_socket_directories={self.home}"]
        self.ask = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        self.stop_signal = signal.SIGINT
        self.setting = ("USHER_TEST_POSTGRESQL", f"postgresql://host=127.0.0.1 port={self.port} user=postgres dbname=postgres")

    def _fill_postgresql(self):
        pass

    def _make_mariadb(self):
        self.who = _as("mysql")
        self._own("mysql")
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={self.home}/data", "--auth-root-authentication-method=normal",
                  "--skip-test-db", **self.who)
        self.command = ["mariadbd", "--no-defaults", f"--datadir={self.home}/data", "--bind-address=127.0.0.1", f"--port={self.port}",
                        f"--socket={self.home}/s.sock", f"--pid-file={self.home}/pid", "--skip-name-resolve",
                        "--character-set-server=utf8mb4"]
        self.ask = ["mariadb-admin", "--no-defaults", f"--socket={self.home}/s.sock", "-u", "root", "ping"]
        self.stop_signal = signal.SIGTERM
        self.setting = ("USHER_TEST_MARIADB", f"mysql://host=127.0.0.1 port={self.port} user=usher db=mysql")

    def _fill_mariadb(self):
        self._run("mariadb", "--no-defaults", f"--socket={self.home}/s.sock", "-u", "root", "-e",
                  "CREATE USER usher@127.0.0.1; GRANT ALL ON *.* TO usher@127.0.0.1 WITH GRANT OPTION")

    def _own(self, user: str):
        if os.geteuid() == 0:
            shutil.chown(self.home, user, user)

    def _run(self, *command, **how):
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=self.folder, **how)
        if ran.returncode:
            raise RuntimeError(f"{command[0]}: {ran.stdout}{ran.stderr}")

    def start(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(part) for part in self.command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder, start_new_session=True, **self.who)
        eventually(self.ready, f"{self.kind} to start", within=60)

    def ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.kind} ended: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
        return subprocess.run([str(part) for part in self.ask], capture_output=True).returncode == 0

    def signal(self, number: int) -> None:
        """To all of its processes."""
        os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """As an operator stops it: clients are sent away, what is committed is flushed."""
        self.process.send_signal(self.stop_signal)
        self.process.wait(timeout=60)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

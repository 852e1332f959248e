"""Servers of this run alone, on free loopback ports, with the durability that they have by default: databases and nginx."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.harness.usher import free_ports

REFERENCE = Path(__file__).parent / "reference"


class Missing(Exception):
    """Something that a benchmark needs is not on this machine."""


def find(program: str, *more: str) -> str:
    for place in (shutil.which(program), *more):
        if place and os.path.exists(place):
            return place
    raise Missing(f"{program} is not installed")


def as_user(name: str) -> list[str]:
    """Servers refuse to run as root."""
    return ["runuser", "-u", name, "--"] if os.geteuid() == 0 else []


def run(command: list[str], **more) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, **more)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command[:6])}: {ran.stderr.strip()[-2000:]}")
    return ran.stdout


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds of a process, those below it, and those that it has outlived."""
    ticks = 0
    for one in tree_of(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
        ticks += int(fields[13]) + int(fields[14])  # of children that ended
    return ticks / os.sysconf("SC_CLK_TCK")


class Server:
    """Started by __enter__, gone with everything it wrote after __exit__."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="usher-bench-"))
        os.chmod(self.folder, 0o711)
        self.port = free_ports(1)[0]
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    stop_signal = signal.SIGTERM

    def start(self) -> None:
        raise NotImplementedError

    def cpu(self) -> float:
        return cpu_of(self.process.pid) if self.process else 0.0

    def wait_until(self, ready, what: str) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if ready():
                return
            time.sleep(0.05)
        log = self.folder / "log"
        raise RuntimeError(f"{what} did not start: {log.read_text(errors='replace')[-2000:] if log.exists() else ''}")

    def spawn(self, command: list[str], **more) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)


def home_for(server: Server, user: str) -> Path:
    home = server.folder / "home"
    home.mkdir()
    if os.geteuid() == 0:
        owner = pwd.getpwnam(user)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home


class PostgreSQL(Server):
    kind, title = "postgresql", "PostgreSQL"
    stop_signal = signal.SIGINT  # the fast way down

    def start(self) -> None:
        homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        if not homes:
            raise Missing("no PostgreSQL server under /usr/lib/postgresql")
        self.bin = homes[-1].parent
        home = home_for(self, "postgres")
        run([*as_user("postgres"), str(self.bin / "initdb"), "-D", str(home / "data"), "-U", "postgres", "-A", "trust",
             "--no-locale", "-E", "UTF8"], cwd=home)
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": home,
                   "shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": 100}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        if os.geteuid() == 0:  # not by runuser: signals would end that instead of the server
            owner = pwd.getpwnam("postgres")
            self.spawn([str(self.bin / "postgres"), "-D", str(home / "data"), *settings], cwd=home,
                       user=owner.pw_uid, group=owner.pw_gid)
        else:
            self.spawn([str(self.bin / "postgres"), "-D", str(home / "data"), *settings], cwd=home)
        self.wait_until(lambda: self._answers("SELECT 1"), "PostgreSQL")
        self.url = f"postgresql://host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        os.environ["USHER_TEST_POSTGRESQL"] = self.url

    def _answers(self, sql: str) -> bool:
        return subprocess.run(self._psql("postgres") + ["-c", sql], capture_output=True).returncode == 0

    def _psql(self, database: str) -> list[str]:
        return [str(self.bin / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
                "-U", "postgres", "-d", database]

    def sql(self, text: str, database: str = "postgres") -> str:
        return run(self._psql(database), input=text)

    def durable(self) -> str:
        return self.sql("SELECT name || '=' || setting FROM pg_settings WHERE name IN ('fsync','synchronous_commit')").replace("\n", " ")

    def reference(self) -> str:
        """A database with the reference's tables; its name."""
        self.sql("CREATE DATABASE reference")
        self.sql((REFERENCE / "schema_pg.sql").read_text(), "reference")
        return "reference"

    def pgbench(self, script: Path, database: str, *, clients: int, seconds: float, threads: int = 1) -> dict:
        """Prepared statements. Rates, mean latency and the client's processor time."""
        before = os.times()
        out = run([str(self.bin / "pgbench"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-n",
                   "-M", "prepared", "-c", str(clients), "-j", str(threads), "-T", str(max(1, round(seconds))), "-f", str(script), database])
        after = os.times()
        words = {line.split(" = ")[0].strip(): line.split(" = ")[1] for line in out.splitlines() if " = " in line}
        return {"per_s": float(words["tps"].split()[0]), "latency_ms": float(words["latency average"].split()[0]),
                "client_cpu": after.children_user + after.children_system - before.children_user - before.children_system}


class MariaDB(Server):
    kind, title = "mariadb", "MariaDB"

    def start(self) -> None:
        install, program = find("mariadb-install-db"), find("mariadbd", "/usr/sbin/mariadbd")
        home = home_for(self, "mysql")
        user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        run([install, "--no-defaults", f"--user={user}", f"--datadir={home}/data", "--auth-root-authentication-method=normal",
             "--skip-test-db"])
        self.socket = home / "s.sock"
        self.spawn([program, "--no-defaults", f"--user={user}", f"--datadir={home}/data", "--bind-address=127.0.0.1",
                    f"--port={self.port}", f"--socket={self.socket}", f"--pid-file={home}/pid", "--skip-name-resolve",
                    "--innodb-buffer-pool-size=1G", "--character-set-server=utf8mb4"])
        self.wait_until(lambda: subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={self.socket}", "-u", "root", "ping"],
                                               capture_output=True).returncode == 0, "MariaDB")
        self.sql("CREATE USER usher@127.0.0.1; GRANT ALL ON *.* TO usher@127.0.0.1 WITH GRANT OPTION; CREATE DATABASE usher_test")
        self.url = f"mysql://host=127.0.0.1 port={self.port} user=usher db=usher_test"
        os.environ["USHER_TEST_MARIADB"] = self.url

    def sql(self, text: str, database: str = "") -> str:
        return run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-N", "-B", *([database] if database else [])],
                   input=text)

    def durable(self) -> str:
        return self.sql("SHOW VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit','innodb_doublewrite')").replace("\n", " ").replace("\t", "=")

    def reference(self) -> str:
        self.sql("CREATE DATABASE reference")
        self.sql((REFERENCE / "schema_my.sql").read_text(), "reference")
        return f"mysql://host=127.0.0.1 port={self.port} user=usher db=reference"


class SQLite(Server):
    """No server: a place for the reference's file."""
    kind, title = "sqlite", "SQLite"

    def start(self) -> None:
        pass

    def durable(self) -> str:
        return "synchronous=FULL journal_mode=WAL"

    def reference(self) -> str:
        path = self.folder / "reference.db"
        run([find("sqlite3"), str(path)], input=(REFERENCE / "schema_sqlite.sql").read_text())
        return f"sqlite://{path}"


DATABASES = {one.kind: one for one in (PostgreSQL, MariaDB, SQLite)}


class Nginx(Server):
    """One worker: a fixed answer, and Nchan's channels where Debian's module is there."""

    stop_signal = signal.SIGQUIT

    def __init__(self, *, nchan: bool = False):
        super().__init__()
        self.nchan = nchan

    def start(self) -> None:
        program = find("nginx", "/usr/sbin/nginx")
        module = next((str(path) for folder in ("/usr/lib/nginx/modules", "/usr/share/nginx/modules")
                       for path in Path(folder).glob("ngx_nchan_module.so")), "")
        if self.nchan and not module:
            raise Missing("libnginx-mod-nchan is not installed")
        channels = """
            location = /pub { nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 1; }
            location = /sub { nchan_subscriber websocket; nchan_channel_id one; nchan_subscriber_first_message newest; }
        """ if self.nchan else ""
        (self.folder / "nginx.conf").write_text(f"""
            {f"load_module {module};" if self.nchan else ""}
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/log warn;
            events {{ worker_connections 15000; }}
            http {{
                access_log off; keepalive_requests 100000000; client_body_temp_path {self.folder}/body;
                proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
                server {{
                    listen 127.0.0.1:{self.port};
                    location = / {{ default_type application/json; return 200 '{{"data":{{"setupNeeded":false,"x":"y"}}}}'; }}
                    {channels}
                }}
            }}
        """)
        self.spawn([program, "-e", str(self.folder / "log"), "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)])
        import http.client

        def answers() -> bool:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/")
                return connection.getresponse().status == 200
            except OSError:
                return False
            finally:
                connection.close()
        self.wait_until(answers, "nginx")

"""A fresh database per test, on the server that packaging/test started (or that the environment names)."""

import contextlib
import os
import re
import secrets
import sqlite3
import subprocess
import unittest

SERVERS = {"postgresql": "USHER_TEST_POSTGRESQL", "mariadb": "USHER_TEST_MARIADB"}


def chosen() -> str:
    return os.environ.get("USHER_TEST_DATABASE", "sqlite")


def missing(what: str):
    """Skips the test where a developer lacks something; fails it where packaging/test promised to bring it."""
    if os.environ.get("USHER_TEST_REQUIRE"):
        raise AssertionError(what)
    raise unittest.SkipTest(what)


class Database:
    """kind: sqlite, postgresql or mariadb. url is None for sqlite: its file is usherd's default, in the data folder."""

    def __init__(self, kind: str | None = None):
        self.kind = kind or chosen()
        self.url = None
        if self.kind == "sqlite":
            return
        if self.kind not in SERVERS:
            raise ValueError(f"USHER_TEST_DATABASE={self.kind}: expected sqlite, postgresql or mariadb")
        self._server = os.environ.get(SERVERS[self.kind]) or missing(f"{SERVERS[self.kind]} names no server")
        self._parts = dict(re.findall(r"(\w+)=(\S+)", self._server.partition("://")[2]))
        self.name = f"usher_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {self.name}")
        self.url = re.sub(r"\b(dbname|db)=\S+", rf"\1={self.name}", self._server)

    def sql(self, statement: str, database: str | None = None) -> str:
        """Runs one statement beside usherd's back, as an operator could."""
        host, port, user = (self._parts.get(key, default) for key, default in
                            (("host", "127.0.0.1"), ("port", ""), ("user", "")))
        if self.kind == "postgresql":
            command = ["psql", "-X", "-h", host, "-p", port, "-U", user, "-d", database or self._parts["dbname"], "-At",
                       "-v", "ON_ERROR_STOP=1", "-c", statement]
        else:
            command = ["mariadb", "--no-defaults", "-h", host, "-P", port, "-u", user, "-N", "-B", *([database] if database else []), "-e",
                       statement]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if ran.returncode:
            raise RuntimeError(f"{statement}: {ran.stderr.strip()}")
        return ran.stdout

    def rows(self, query: str, data_folder) -> list[list[str]]:
        """What a SELECT finds beside usherd's back, every value as text. `data_folder` is where SQLite's file lies."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(f"file:{data_folder}/usher.db?mode=ro", uri=True)) as connection:
                return [[str(value) for value in row] for row in connection.execute(query)]
        separator = "|" if self.kind == "postgresql" else "\t"
        return [line.split(separator) for line in self.sql(query, self.name).splitlines()]

    def drop(self) -> None:
        if self.kind == "postgresql":
            self.sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        elif self.kind == "mariadb":
            self.sql(f"DROP DATABASE IF EXISTS {self.name}")

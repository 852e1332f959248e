"""Customers' messages: signed HTTP request to answer after the commit, against one transaction a message."""

import subprocess
import json

from .measure import Context, Daemon, Row, interleaved, load, median, open_accounts, program, SECRET
from .servers import DATABASES, REFERENCE

ACCOUNTS = 16  # each takes 10,000 requests a second, and 64 at once
CONTACTS = 10_000
GOALS = {"postgresql": 4.0, "mariadb": 4.0, "sqlite": 3.0}


def inbound(context: Context, kind: str) -> None:
    rounds, seconds = context.rounds, context.seconds
    with DATABASES[kind]() as server:
        with Daemon(kind, accounts=open_accounts(ACCOUNTS)) as daemon:
            reference = server.reference()
            names = ",".join(f"bench-{n}" for n in range(ACCOUNTS))

            def ours(at_once: int, contacts: int = CONTACTS, **more) -> dict:
                cpu = daemon.cpu(), server.cpu()
                got = load("inbound", port=daemon.public_port, accounts=names, secret=SECRET, at_once=at_once,
                           contacts=contacts, **{"seconds": seconds, "warmup": 0.3, **more})
                if got["refused"]:
                    raise RuntimeError(f"messages were refused: {got['first_refusal']}")
                # The warm-up is in it: about as much per message.
                whole = got["messages"] * (1 if more.get("once_each") else (seconds + 0.3) / seconds)
                got["daemon_cpu_us"] = (daemon.cpu() - cpu[0]) / whole * 1e6
                got["database_cpu_us"] = (server.cpu() - cpu[1]) / whole * 1e6
                return got

            def theirs(connections: int) -> dict:
                cpu = server.cpu()
                if kind == "postgresql":
                    got = server.pgbench(REFERENCE / "msg.pgbench.sql", reference, clients=connections, seconds=seconds)
                    got["messages"] = got["per_s"] * max(1, round(seconds))
                    got["client_cpu_us"] = got["client_cpu"] / got["messages"] * 1e6
                    got["database_cpu_us"] = (server.cpu() - cpu) / got["messages"] * 1e6
                    return got
                ran = subprocess.run([program("usher_bench_reference"), "--url", reference, "--connections", str(connections),
                                      "--seconds", str(seconds)], capture_output=True, text=True)
                if ran.returncode:
                    raise RuntimeError(ran.stderr)
                got = json.loads(ran.stdout)
                got["database_cpu_us"] = (server.cpu() - cpu) / got["messages"] * 1e6
                return got

            ours(64, contacts=10 if context.quick else CONTACTS, once_each=1)  # everybody has written once
            best = 16
            if kind == "sqlite":  # one writer at a time: more connections only wait for each other
                best = 1
            found = interleaved(rounds, lambda: theirs(best), lambda: ours(64), lambda: ours(256), lambda: ours(256, 0))
            base = median(found[0], "per_s")
            for at_once, runs, what in ((64, found[1], "existing contacts"), (256, found[2], "existing contacts"), (256, found[3], "new contacts")):
                rate = median(runs, "per_s")
                goal = GOALS[kind]
                context.add(Row(f"inbound, {server.title}, {at_once} at once, {what}",
                                f"{rate:,.0f}/s, p50 {median(runs, 'latency_p50_ms'):.1f} ms", f"{base:,.0f}/s",
                                rate / base, f">= {goal:g} x", rate / base >= goal,
                                {"ours": runs, "reference": found[0], "durability": server.durable()}))
                cpu = [median(runs, name) for name in ("daemon_cpu_us", "database_cpu_us")]
                other = [median(found[0], name) for name in ("client_cpu_us", "database_cpu_us")]
                context.add(Row("  processor time a message, daemon + database", f"{cpu[0]:.0f} + {cpu[1]:.0f} us",
                                f"{other[0]:.0f} + {other[1]:.0f} us", sum(cpu) / sum(other)))
            if kind == "postgresql":
                alone = interleaved(rounds, lambda: theirs(1), lambda: ours(1))
                mean = median(alone[0], "latency_ms")
                p50 = 1000 / median(alone[1], "per_s")
                context.add(Row("one message alone, PostgreSQL, mean", f"{p50:.2f} ms", f"{mean:.2f} ms", p50 / mean,
                                "<= 1.5 x", p50 / mean <= 1.5, {"ours": alone[1], "reference": alone[0]}))


ROWS = {f"inbound-{kind}": (lambda kind: lambda context: inbound(context, kind))(kind) for kind in DATABASES}

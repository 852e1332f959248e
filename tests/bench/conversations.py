"""Rows that need conversations in the database: agents' replies, lists, start."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harness import settings

from .measure import Context, Daemon, Row, interleaved, load, median, open_accounts, program
from .servers import PostgreSQL

REPLIES_AT_ONCE = 32


def noop_folder() -> str:
    """Where the channel that sends nothing was built."""
    return str(Path(program("usher_bench_load")).parent.parent / "tests" / "bench" / "plugins")


def replies(context: Context) -> None:
    shipped = settings.daemon().parent.parent / "plugins"
    # Only what is shipped runs in the daemon's own process unless it is said.
    libraries = [{"library": path.name} for path in sorted(shipped.glob("usher-*.so"))]
    libraries.append({"library": "usher-bench-noop.so", "isolation": "in_process"})
    with PostgreSQL() as server, Daemon("postgresql", accounts=[{"id": "noop", "channel": "bench-noop"}],
                                        extra={"plugin_dirs": [str(shipped), noop_folder()], "plugins": libraries}) as daemon:
        account = daemon.admin.get("/accounts").expect(200).data[0]["id"]
        count = 64 if context.quick else 512

        def make(number: int) -> str:
            body = {"accountId": account, "to": f"customer-{number}", "message": {"text": "Hello"}}
            return daemon.admin.post("/conversations", body, checked=False).expect(201).data["id"]
        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(make, range(count)))
        listed = daemon.folder / "conversations"
        listed.write_text("\n".join(ids) + "\n")

        def ours(at_once: int) -> dict:
            cpu = daemon.cpu(), server.cpu()
            got = load("replies", port=daemon.port, key=settings.ADMIN_KEY, conversations=listed, at_once=at_once,
                       seconds=context.seconds, warmup=0.5)
            whole = max(1, got["replies"]) * (context.seconds + 0.5) / context.seconds
            got["daemon_cpu_us"] = (daemon.cpu() - cpu[0]) / whole * 1e6
            got["database_cpu_us"] = (server.cpu() - cpu[1]) / whole * 1e6
            return got

        [runs] = interleaved(context.rounds, lambda: ours(REPLIES_AT_ONCE))
        rate, p99 = median(runs, "per_s"), median(runs, "latency_p99_ms")
        context.add(Row(f"agents' replies to sent, no-op channel, {REPLIES_AT_ONCE} at once, PostgreSQL", f"{rate:,.0f}/s", goal=">= 2,000/s",
                        met=rate >= 2000, detail={"ours": runs}))
        context.add(Row("  p99 from request to sent on a socket", f"{p99:.1f} ms", goal="< 50 ms", met=p99 < 50))
        context.add(Row("  processor time a reply, daemon + database",
                        f"{median(runs, 'daemon_cpu_us'):.0f} + {median(runs, 'database_cpu_us'):.0f} us"))


# Conversations as Usher has them, spread over inboxes and status as in a real desk. :n of them, from id :first on.
FILL = """
INSERT INTO contact (id, space_id, name, search_text, tags, attributes, created_at, version)
  SELECT {first} + 3 * g, {space}, 'Customer ' || g, 'customer ' || g, '[]', '{{}}', {now}, 1 FROM generate_series(1, {count}) g;
INSERT INTO identity (id, account_id, address, address_hash, contact_id, created_at)
  SELECT {first} + 3 * g + 1, {account}, 'filled-' || g, encode(sha256(('filled-' || g)::bytea), 'hex'), {first} + 3 * g, {now}
  FROM generate_series(1, {count}) g;
INSERT INTO conversation (id, space_id, inbox_id, account_id, identity_id, contact_id, open_key, status, priority, team_ids,
    participant_ids, tags, attributes, last_seq, read_seq, unread_count, out_seq, last_text, last_direction, last_author_type,
    last_message_at, created_at, updated_at, last_activity_at, version)
  SELECT {first} + 3 * g + 2, {space}, {inbox}, {account}, {first} + 3 * g + 1, {first} + 3 * g,
    CASE WHEN g % 5 = 0 THEN ({first} + 3 * g + 1)::text END, CASE WHEN g % 5 = 0 THEN 1 ELSE 4 END, 1, '[]', '[]', '[]', '{{}}', 1, 0, 1, 0,
    'I have a question about my order', 0, 0, at, at, at, at, 1
  FROM (SELECT g, {now} - (random() * 3e13)::bigint AS at FROM generate_series(1, {count}) g) made;
"""


def fill(server: PostgreSQL, daemon: Daemon, count: int) -> int:
    """So many conversations of the one account, in the default inbox; its number."""
    database = daemon.database.name
    one = lambda text: int(server.sql(text, database).split()[0])  # noqa: E731
    inbox, account, space = one("SELECT min(id) FROM inbox"), one("SELECT min(id) FROM account"), one("SELECT min(id) FROM space")
    first = one("SELECT next_value FROM id_block WHERE name = 'id'") + 1_000_000
    server.sql(f"UPDATE id_block SET next_value = {first + 3 * count + 1000}", database)
    server.sql(FILL.format(first=first, space=space, inbox=inbox, account=account, count=count, now=int(time.time() * 1e6)), database)
    server.sql("VACUUM ANALYZE", database)
    return inbox


def listing(context: Context) -> None:
    with PostgreSQL() as server, Daemon("postgresql", accounts=open_accounts(1)) as daemon:
        inbox = fill(server, daemon, 2_000 if context.quick else 100_000)
        columns = ", ".join(server.sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'conversation' "
                                       "ORDER BY ordinal_position", daemon.database.name).split())
        script = server.folder / "list.sql"
        script.write_text(f"SELECT {columns} FROM conversation WHERE inbox_id = {inbox} AND status = 1 "
                          "ORDER BY last_activity_at DESC, id DESC LIMIT 25;\n")
        script.chmod(0o644)

        def ours() -> dict:
            before = daemon.cpu() + server.cpu()
            got = load("get", port=daemon.port, target="/api/support/conversations?status=active&limit=25", at_once=8,
                       header="X-API-Key: " + settings.ADMIN_KEY, seconds=context.seconds, warmup=0.3)
            got["per_core_s"] = got["requests"] * (context.seconds + 0.3) / context.seconds / (daemon.cpu() + server.cpu() - before)
            return got

        def theirs() -> dict:
            before = server.cpu()
            got = server.pgbench(script, daemon.database.name, clients=8, seconds=context.seconds)
            got["per_core_s"] = got["per_s"] * max(1, round(context.seconds)) / (got["client_cpu"] + server.cpu() - before)
            return got

        a, b = interleaved(context.rounds, theirs, ours)
        rate, base = median(b, "per_core_s"), median(a, "per_core_s")
        context.add(Row("list of 25 of 100,000 conversations, a second of one core", f"{rate:,.0f}, p50 {median(b, 'latency_p50_ms'):.1f} ms",
                        f"{base:,.0f}", rate / base, ">= 0.5 x", rate / base >= 0.5, {"ours": b, "reference": a}))


def start(context: Context) -> None:
    with PostgreSQL() as server, Daemon("postgresql", accounts=open_accounts(1)) as daemon:
        fill(server, daemon, 2_000 if context.quick else 1_000_000)
        times, idle = [], []
        for _ in range(context.rounds):
            daemon.stop()
            from_ = time.monotonic()
            daemon.spawn()
            while not daemon.ready():
                time.sleep(0.01)
            times.append(time.monotonic() - from_)
            time.sleep(0.2 if context.quick else 3)
            idle.append(daemon.rss() / 1e6)
        took, memory = sorted(times)[len(times) // 2], sorted(idle)[len(idle) // 2]
        context.add(Row("start to /readyz with 1 million conversations", f"{took:.2f} s", goal="< 2 s", met=took < 2, detail={"ours": times}))
        context.add(Row("idle memory, all plugins loaded", f"{memory:.0f} MB", goal="< 100 MB", met=memory < 100, detail={"ours": idle}))


ROWS = {"replies": replies, "list": listing, "start": start}

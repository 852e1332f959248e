"""Agents' sockets: idle memory, one event to all of them against Nchan, and the way from a commit to a frame."""

import json
from concurrent.futures import ThreadPoolExecutor

from .measure import Context, Daemon, Row, SECRET, Sockets, median, open_accounts
from .servers import Nginx, PostgreSQL

PER_USER = 40  # sockets; Usher takes 50 of each user


def signed_in(daemon: Daemon, people: int, inbox=lambda number: None, role: str = "administrator") -> str:
    """People with sessions; the file of their sockets' header lines."""
    def one(number: int) -> str:
        inboxes = [inbox(number)] if inbox(number) else []
        person = daemon.person(f"Agent {number}", role, inboxes=inboxes)
        return f"Cookie: {person.cookie}\tOrigin: {daemon.url}"
    daemon.admin  # made once, before the threads share it
    daemon.anonymous().get("/auth/state")
    with ThreadPoolExecutor(4) as pool:
        lines = list(pool.map(one, range(people)))
    file = daemon.folder / "headers"
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def fanout(context: Context, count: int) -> None:
    count = min(count, 200) if context.quick else count
    rounds = 3 if context.quick else 15
    extra = {"limits": {"login_failures": 1000, "frame_bytes": 65536}}
    with Daemon("sqlite", accounts=open_accounts(1), extra=extra) as daemon:
        headers = signed_in(daemon, -(-count // PER_USER))
        before = daemon.rss()
        with Sockets(port=daemon.port, target="/api/support/realtime", sockets=count, headers=headers,
                     publish_port=daemon.public_port, accounts="bench-0", secret=SECRET) as ours:
            ours.tell(f"idle {0.5 if context.quick else 6}")
            each = (daemon.rss() - before) / count
            cpu = daemon.cpu()
            ours.tell(f"idle {0.5 if context.quick else 10}")
            idle = (daemon.cpu() - cpu) / (0.5 if context.quick else 10)
            context.add(Row(f"idle agent socket, {count:,} of them, memory each", f"{each / 1000:.1f} KB", goal="<= 10 KB", met=each <= 10_000))
            context.add(Row("  processor time of all while idle, a second", f"{idle * 1000:.0f} ms"))
            with Nginx(nchan=True) as nchan:
                size = int(ours.tell("rounds 2")["frame_bytes"])  # warm
                with Sockets(port=nchan.port, target="/sub", sockets=count, greets=0, publish_port=nchan.port,
                             publish_target="/pub", size=size) as theirs:
                    theirs.tell("rounds 2")
                    runs: list[list[dict]] = [[], []]
                    for _ in range(context.rounds):
                        for index, (sockets, server) in enumerate(((theirs, nchan), (ours, daemon))):
                            cpu = server.cpu()
                            got = sockets.tell(f"rounds {rounds}")
                            got["cpu_us"] = (server.cpu() - cpu) / rounds / count * 1e6
                            runs[index].append(got)
    last, base = median(runs[1], "last_ms"), median(runs[0], "last_ms")
    context.add(Row(f"one event to {count:,} sockets, until the last has it", f"{last:.1f} ms", f"{base:.1f} ms", last / base, "<= 1 x",
                    last <= base, {"ours": runs[1], "reference": runs[0], "frame_bytes": size}))
    ours_cpu, their_cpu = median(runs[1], "cpu_us"), median(runs[0], "cpu_us")
    context.add(Row("  processor time a delivery", f"{ours_cpu:.2f} us", f"{their_cpu:.2f} us", ours_cpu / max(their_cpu, 0.01), "<= 1 x",
                    ours_cpu <= their_cpu))


def frames(context: Context) -> None:
    """1,000 sockets of 50 agents in 50 inboxes: each message concerns 20 of them."""
    inboxes, sockets = (5, 100) if context.quick else (50, 1000)
    with PostgreSQL(), Daemon("postgresql") as daemon:
        ids = [daemon.admin.post("/inboxes", {"name": f"Inbox {n}"}).expect(201).data["id"] for n in range(inboxes)]
        headers = signed_in(daemon, inboxes, lambda n: ids[n], "agent")
        document = json.loads(daemon.config.read_text())
        document["accounts"] = open_accounts(inboxes, inbox=lambda n: f"Inbox {n}")
        daemon.config.write_text(json.dumps(document))
        daemon.restart()
        with Sockets(port=daemon.port, target="/api/support/realtime", sockets=sockets, headers=headers, publish_port=daemon.public_port,
                     accounts=",".join(f"bench-{n}" for n in range(inboxes)), secret=SECRET) as audience:
            audience.tell("rate 100 1")
            runs = [audience.tell(f"rate 500 {context.seconds + 2:g}") for _ in range(context.rounds)]
    p99, upper = median(runs, "from_answer_p99_ms"), median(runs, "from_batch_p99_ms")
    rate = median(runs, "frames") / median(runs, "events")
    context.add(Row(f"begin of the commit's batch to frame, {sockets:,} sockets, 500 messages/s to {rate:.0f} each, p99", f"{upper:.1f} ms",
                    goal="< 20 ms", met=upper < 20, detail={"ours": runs}))
    context.add(Row("  from the sender's 2xx to the frame, p99", f"{p99:.1f} ms"))


ROWS = {"sockets-1000": lambda context: fanout(context, 1_000), "sockets-10000": lambda context: fanout(context, 10_000), "frames": frames}

"""The bare HTTP server: a static file and the smallest GET, against nginx's fixed answer."""

import tempfile
from pathlib import Path

from .measure import Context, Daemon, Row, interleaved, load, median
from .servers import Nginx


def compare(context: Context, nginx: Nginx, daemon: Daemon) -> None:
    def get(server, port: int, target: str) -> dict:
        before = server.cpu()
        got = load("get", port=port, target=target, at_once=64, seconds=context.seconds, warmup=0.3)
        got["cpu_us"] = (server.cpu() - before) / (got["requests"] * (context.seconds + 0.3) / context.seconds) * 1e6
        return got

    page = "/icon.svg"
    found = interleaved(context.rounds, lambda: get(nginx, nginx.port, "/"), lambda: get(daemon, daemon.port, page),
                        lambda: get(daemon, daemon.port, "/healthz"))
    base = median(found[0], "per_s")
    for runs, what in ((found[1], "static file"), (found[2], "smallest API GET")):
        rate = median(runs, "per_s")
        context.add(Row(f"{what}, 64 at once, against nginx `return 200`", f"{rate:,.0f}/s, p99 {median(runs, 'latency_p99_ms'):.1f} ms",
                        f"{base:,.0f}/s", rate / base, ">= 0.6 x", rate / base >= 0.6, {"ours": runs, "reference": found[0]}))
        context.add(Row("  processor time a request", f"{median(runs, 'cpu_us'):.1f} us", f"{median(found[0], 'cpu_us'):.1f} us",
                        median(runs, "cpu_us") / median(found[0], "cpu_us")))


def web(context: Context) -> None:
    with Nginx() as nginx, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.html").write_text("<!doctype html><title>Usher</title>")
        (Path(folder) / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        with Daemon("sqlite", extra={"workspace": {"folder": folder}}) as daemon:
            compare(context, nginx, daemon)


ROWS = {"web": web}

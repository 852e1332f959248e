"""The one place that knows how a test's usherd is configured: file names, settings and their keys, preset people."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENAPI = "/api/support/openapi.json"

ADMIN_EMAIL = "admin@example.test"
ADMIN_PASSWORD = "correct horse battery staple"
ADMIN_KEY = "test-key-" + "0123456789abcdef" * 2


def daemon() -> Path:
    """The program under test: $USHER_DAEMON, else the one of the release build, else the newest of any build."""
    if os.environ.get("USHER_DAEMON"):
        return Path(os.environ["USHER_DAEMON"])
    release = ROOT / "build" / "release" / "bin" / "usherd"
    built = sorted(ROOT.glob("build/*/bin/usherd"), key=lambda path: path.stat().st_mtime)
    return release if release.exists() or not built else built[-1]


def workspace() -> Path:
    return ROOT / "plugins" / "workspace" / "build"


def configuration(*, store_url: str | None, accounts: list, undo_window_seconds: int, extra: dict) -> str:
    """The YAML. JSON is YAML too, so that is what is written."""
    document = {
        "plugin_dirs": [str(daemon().parent.parent / "plugins")],
        "accounts": accounts,
        "settings": {"undo_window_seconds": undo_window_seconds},
        "limits": {"requests_per_s": 10_000},  # all of a test's calls come from one address
    }
    if store_url:
        document["store"] = {"url": store_url}
    if workspace().is_dir():
        document["workspace"] = {"folder": str(workspace())}
    for key, value in extra.items():
        document[key] = {**document[key], **value} if isinstance(document.get(key), dict) else value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def open_account(id: str, webhook_url: str | None, *, secrets=("k1:oc-test-secret-of-32-bytes-and-more",), inbox=None,
                 delays_s=(1,), **config) -> dict:
    """An account of the open channel whose peer lives on this machine."""
    account = {
        "id": id, "name": id.capitalize(), "channel": "open",
        "config": {"inbound": {"secrets": list(secrets), "rate_per_s": 1000}, **config},
        "egress": {"allow_cidrs": ["127.0.0.0/8"]},
    }
    if webhook_url:
        account["config"]["outbound"] = {"webhook_url": webhook_url, "secrets": list(secrets)}
        account["retry"] = {"delays_s": list(delays_s)}
    if inbox:
        account["inbox"] = inbox
    return account


def livechat_account(id: str = "web", **config) -> dict:
    return {"id": id, "name": "Website", "channel": "livechat", "config": config}


def telegram_account(id: str, telegram, *, mode: str = "polling", **config) -> dict:
    """An account of Telegram whose provider is the double."""
    return {"id": id, "name": "Telegram", "channel": "telegram",
            "config": {"bot_token": telegram.token, "api_url": telegram.url, "mode": mode, "poll_timeout_s": 20} | config,
            "retry": {"delays_s": [1], "breaker": {"failures": 20, "probe_s": 1}}, "egress": {"allow_cidrs": ["127.0.0.0/8"]}}

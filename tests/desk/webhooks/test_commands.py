"""The commands `satupintu desk webhook`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.common.terminal import EX_USAGE
from tests.desk.webhooks.receiver import Receiver, verified
from tests.support.log_capture import captured_log
from tests.support.paths import SMALL_TABLES

_AGENCY = "bumn-pln"
_BY = ("--actor", "siti", "--why", "uji")


@pytest.mark.slow
def test_an_operator_sets_a_webhook(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add, test, list, look at the deliveries, and remove; each act is in the audit log."""
    settings = {
        "SATUPINTU_HOME": str(tmp_path / "data"),
        "SATUPINTU_REFERENCE_FOLDER": str(SMALL_TABLES),
        "SATUPINTU_WEBHOOK_ALLOW_HTTP": "true",
        "SATUPINTU_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "COLUMNS": "200",
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)

    def run(*arguments: str) -> tuple[int, str]:
        with captured_log():
            result = CliRunner().invoke(app, arguments)
        return result.exit_code, result.stdout or result.stderr

    def webhook(command: str, *arguments: str) -> tuple[int, str]:
        return run("desk", "webhook", command, _AGENCY, *arguments)

    code, output = webhook("add", "http://10.0.0.1/", *_BY)
    assert (code, "SATUPINTU_WEBHOOK_ALLOWED_NETWORKS" in output) == (EX_USAGE, True)
    code, output = webhook("add", receiver.url, "--kinds", "received,hilang", *_BY)
    assert (code, "hilang is not a kind of change" in output) == (EX_USAGE, True)

    code, output = webhook("add", receiver.url, "--kinds", "received", *_BY)
    webhook_id, secret = output.split()
    assert (code, webhook("test", webhook_id, *_BY)) == (0, (0, "The address took the event (204).\n"))
    assert verified(receiver.requests[0], secret)["type"] == "webhook.test"

    (listed,) = json.loads(webhook("list", "--json")[1])
    assert (listed["id"], listed["address"], listed["kinds"]) == (webhook_id, receiver.url, ["received"])
    assert webhook_id in webhook("list")[1]
    (delivery,) = json.loads(webhook("deliveries", webhook_id, "--json")[1])
    assert (delivery["kind"], delivery["status"], delivery["http"]) == ("test", "delivered", 204)
    assert webhook("redeliver", webhook_id, delivery["change"], *_BY)[0] == 1
    receiver.broken = 500
    assert webhook("test", webhook_id, *_BY)[0] == 1

    assert webhook("rotate", webhook_id, *_BY)[1].startswith("whsec_")
    assert webhook("off", webhook_id, *_BY)[0] == 0
    assert webhook("on", webhook_id, *_BY)[0] == 0
    assert webhook("remove", webhook_id, *_BY)[0] == 0
    assert json.loads(webhook("list", "--json")[1]) == []
    acts = run("audit-log", "list")[1]
    for action in ("add", "test", "rotate_secret", "switch_off", "switch_on", "remove"):
        assert f"webhook.{action}" in acts
    assert secret not in acts

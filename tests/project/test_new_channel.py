"""A new channel is a folder in `ingest/`, a reader in `normalize/readers/`, and an entry in `app/assembly/`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT, SMALL_TABLES
from tests.support.ports import free_port

_KIOSK = Path(__file__).parent / "kiosk"
_IMPORTS = """\
import ingest.kiosk.channel
import ingest.kiosk.door
from app.assembly.installed_channel import HttpDoor
from normalize.readers import kiosk
"""
_ENTRY = (
    "    InstalledChannel(facts=ingest.kiosk.channel.CHANNEL, reader=kiosk.read_report, "
    "http_doors=lambda parts, http: [HttpDoor(ingest.kiosk.door.routes(http.gate, parts.wrapper))]),\n"
)


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Findings of `kiosk/probe.py`, which runs in a copy of the service with the new channel."""
    copy = tmp_path_factory.mktemp("service")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    add_channel(copy)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")} | {
        "PYTHONPATH": str(copy),
        "SATUPINTU_HOME": str(copy / "home"),
        "SATUPINTU_PORT": str(free_port()),
        "SATUPINTU_REFERENCE_FOLDER": str(SMALL_TABLES),
        "SATUPINTU_X_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "SATUPINTU_X_BEARER_TOKEN": "x-test",
    }
    command = [sys.executable, str(_KIOSK / "probe.py")]
    run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    printed: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    assert "topics" in printed, run.stderr[-3000:]
    assert (printed["app"], printed["channels"]) == (str(copy), ["web", "sms", "twitter", "mobile", "counter", "kiosk"])
    return printed


def add_channel(copy: Path) -> None:
    """Add the channel: its folder, its reader and its entry, and nothing else."""
    folder = copy / "ingest" / "kiosk"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Kiosks in public offices."""\n')
    shutil.copy(_KIOSK / "channel.py", folder)
    shutil.copy(_KIOSK / "door.py", folder)
    shutil.copy(_KIOSK / "reader.py", copy / "normalize" / "readers" / "kiosk.py")
    listing = copy / "app" / "assembly" / "channels.py"
    text = listing.read_text()
    assert text.count("\n)\nDIRECTORY = ") == 1
    text = text.replace("\n)\nDIRECTORY = ", f"\n{_ENTRY})\nDIRECTORY = ")
    listing.write_text(text.replace("import ingest.mobile.channel\n", f"{_IMPORTS}import ingest.mobile.channel\n"))


def test_its_topic_is_created_and_read(findings: dict[str, Any]) -> None:
    """The topic list has the channel's topic, and the normalizer is among its readers."""
    assert "raw-kiosk" in findings["topics"]
    assert findings["readers_of_topic"] == ["normalize", "monitor"]


def test_a_message_reaches_an_agency(findings: dict[str, Any]) -> None:
    """A report goes through door, reader, classifier and router to the agency's queue."""
    kinds = {complaint["report"]["text"]: complaint["report"]["kind"] for complaint in findings["complaints"]}
    assert {complaint["channel"] for complaint in findings["complaints"]} == {"kiosk"}
    assert kinds["Kemenkes, mohon informasi syarat berobat di puskesmas"] == "permintaan-informasi"
    assert findings["dispatches"]["agency-kementerian-kemenkes"] == "kiosk"
    assert "kiosk" in findings["without_kind_choice"]


def test_its_sender_hears_of_the_dispatch(findings: dict[str, Any]) -> None:
    """The router writes a reply on the channel, or a question for the place, and a sender waits for it."""
    kinds = {"asked-place", "dispatched"}
    assert {(reply["channel"], reply["kind"]) for reply in findings["replies"]} == {("kiosk", kind) for kind in kinds}
    assert findings["reply_senders"][-1] == "replies-kiosk"


def test_its_door_is_served_limited_and_counted(findings: dict[str, Any]) -> None:
    """The address is served and documented; above the rate of the door a message is refused and counted there."""
    assert findings["statuses"] == [202, 202, 403, 202, 429]
    assert findings["in_openapi"]
    assert findings["rates"]["kiosk"] == "3/minute"
    assert findings["ready"]["refused"]["kiosk"] == {"too_many_requests": 1}
    assert findings["ready"]["doors"]["kiosk"] == {"open": True, "reason": ""}


def test_operations_see_it(findings: dict[str, Any]) -> None:
    """The monitor counts the channel's messages; console and alerts name its door."""
    assert findings["accepted"]["kiosk"] == 3
    assert findings["console_row"] == ["Kiosk", ["Kiosk"]]
    shut, flood = sorted(findings["alerts"], reverse=True)
    assert shut.startswith("The kiosks' door of a is shut")
    assert "by kiosk" in flood


def test_what_goes_wrong_is_set_aside(findings: dict[str, Any]) -> None:
    """An unreadable message becomes a dead letter; an unproven one is quarantined, and released to the channel."""
    assert findings["dead_letters"] == ["unreadable"]
    assert (findings["quarantined"], findings["released"]) == (["kiosk"], True)

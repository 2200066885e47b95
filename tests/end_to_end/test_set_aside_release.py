"""A complaint by SMS that a rule set aside: staff read and release it, and its sender sees where it is."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from app.cli import app
from app.operations.review.set_aside import SetAside
from config.settings import Settings
from tests.conftest import NOW
from tests.end_to_end.dialogues.sms_service import running_sms_service
from tests.support.log_capture import captured_log

PHONE = "+6281100007701"
# Sarcasm, which the classifier takes for thanks.
SARCASM = "Terima kasih PLN pelayanan yang hebat, seminggu listrik di Purwokerto begini terus. WA 0812 3456 7890"
SECRET = "released " * 4


@pytest.mark.slow
def test_a_complaint_that_was_set_aside_reaches_its_agency(
    tmp_path: Path, database_settings: Mapping[str, str], templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the release SMS, page and link say that it is no report. After it they show the agency."""
    values = {"home": str(tmp_path), "secret_key": SECRET, **database_settings}
    for name, value in values.items():
        monkeypatch.setenv(f"SATUPINTU_{name.upper()}", value)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        with captured_log():
            result = CliRunner().invoke(app, arguments)
        return result.exit_code, result.stdout, result.stderr

    with running_sms_service(Settings.model_validate(values), templates) as doors:
        service, parts = doors.stages, doors.stages.parts
        raw, acknowledgement = doors.send(SARCASM, PHONE)
        number, address = raw.tracking, f"http://127.0.0.1:{parts.settings.port}"

        def read(path: str) -> dict[str, object]:
            response = requests.get(f"{address}{path}", headers={"Accept": "application/json"}, timeout=30)
            response.raise_for_status()
            shown: dict[str, object] = response.json()
            return shown

        own_path = f"/l/{parts.keys.link_of(raw.id).rpartition('/')[2]}"
        assert service.complaint_of(raw) is None
        assert "kami terima dengan nomor" not in acknowledgement
        assert {read(path)["state"] for path in (f"/status/{number}", own_path)} == {"bukan-laporan"}

        code, listed, _ = run("set-aside", "list", "--reason", "thanks")
        assert (code, number in listed, "thanks" in listed, "PLN" in listed) == (0, True, True, False)
        code, shown, _ = run("set-aside", "show", number)
        assert (code, "seminggu listrik" in shown, "3456" in shown) == (0, True, False)

        staff = SetAside(parts.engine, parts.bus, parts.sealer, parts.normalizer.readers, parts.audit_log)
        for _ in range(2):
            staff.release(number, "Sari", "sindiran", NOW)
        service.run()

        assert {read(path)["state"] for path in (f"/status/{number}", own_path)} == {"diteruskan"}
        assert "Listrik Negara" in str(read(own_path)["agency"])
        assert "Listrik Negara" in doors.send(f"STATUS {number}", PHONE)[1]
        assert "seminggu listrik" in str(read(own_path)["entries"])
        assert "diteruskan" in run("status", number)[1]
        assert number not in run("set-aside", "list")[1]
        code, _, refused = run("set-aside", "release", number, "--actor", "Sari", "--why", "sindiran")
        assert (code, f"{number} is a report already" in " ".join(refused.split())) == (1, True)
        traced = " ".join(run("trace", number)[1].split())
        for part in ("not-a-complaint: thanks", "a person decided that it is a complaint", "to bumn-pln"):
            assert part in traced
        assert traced.count("arrived: by sms") == 3
        code, audited, _ = run("audit", "--json")
        counts = {"accepted": 3, "complaints": 1, "not_complaints": 2, "delivered_again": 1, "named": {}}
        assert (code, counts.items() <= json.loads(audited).items()) == (0, True)

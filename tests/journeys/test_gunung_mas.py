"""A report from Kuala Kurun: from the citizen's SMS through the units of Kabupaten Gunung Mas to the Sekda's page.

The files have what each of them reads. They leave out what is random, and versions and weights of the tables.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from sqlmodel import SQLModel, col, select
from twilio.request_validator import RequestValidator

from accounts.permissions import Role
from config.database import read_transaction
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.units.tables import DeskContribution
from pages.csv_file import BYTE_ORDER_MARK
from tests.end_to_end.counter_service import CounterService, Officer, running_counter
from tests.end_to_end.test_satisfaction import DAY_MINUTES, Oversight
from tests.journeys.runner import TWILIO_TOKEN, as_text
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio

JOURNEY = Path(__file__).parent / "gunung-mas"
REGENCY = "kabupaten-6210"
QUESTION = "Kapan perbaikan dapat dimulai?"
CONTRIBUTIONS = {
    "BPBD": "Papan darurat dipasang hari ini.",
    "KURUN": "Warga membantu kerja bakti hari Sabtu.",
}
ANSWER = "Papan darurat sudah dipasang hari ini. Sabtu dinas dan warga memasang papan baru."
CLOSING = "Papan jembatan sudah diganti."
Golden = Callable[[Path, str], None]


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A loopback Twilio."""
    with serving(LoopbackTwilio()) as server:
        yield server


@pytest.fixture
def service(
    tmp_path: Path, database_settings: Mapping[str, str], templates: Path, twilio: LoopbackTwilio
) -> Iterator[CounterService]:
    """Doors, desk and stages with the shipped tables, which have every regency."""
    numbers = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_tokens": [TWILIO_TOKEN],
        "twilio_from": "+628000001708",
        "twilio_base_url": twilio.url,
    }
    values = {"home": str(tmp_path), "secret_key": "kuala kurun " * 4, **database_settings, **numbers}
    with running_counter(values, templates) as running:
        yield running


@pytest.mark.slow
def test_gunung_mas(service: CounterService, twilio: LoopbackTwilio, golden: Golden) -> None:
    """The citizen gets one answer of the regency, to which two more units contributed. The Sekda reads the figures.

    The unit that answers is accountable all the time, and only units that are asked read the report.
    """
    stages, oversight = service.stages, Oversight(service.stages)
    fields = dict(parse_qsl((JOURNEY / "1-arrival.http").read_text().partition("\n\n")[2].strip()))
    acknowledgement = send(service, fields)
    number = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", acknowledgement)[0]
    golden(JOURNEY / "2-complaint.json", shown(record_of(service, "complaints"), "tracking", "channel", "report"))
    dispatch = record_of(service, f"agency-{REGENCY}")
    of_dispatch = ("tracking", "agency", "topic", "region", "due_at", "hop", "own_case")
    golden(JOURNEY / "3-dispatch.json", shown(dispatch, *of_dispatch))

    coordinator = service.sign_in(Role.COORDINATOR, REGENCY, name="Dewi Lestari")
    uploaded = coordinator.client.post(
        "/desk/unit/impor", files={"berkas": ("unit.csv", (JOURNEY / "4-units.csv").read_bytes(), "text/csv")}
    )
    assert "baru=3" in uploaded.headers["Location"]
    officers = {
        code: service.sign_in(Role.OFFICER, REGENCY, code, name=f"Petugas {code}") for code in ("DPU", *CONTRIBUTIONS)
    }
    assert readers(officers, number) == set()
    send_form(coordinator, number, "unit", unit="DPU", alasan="Mohon ditangani.")
    assert readers(officers, number) == {"DPU"}
    golden(JOURNEY / "4-unit.json", stored(service, DeskAssignment, "unit_code", "unit", "name", "actor", "why"))

    for code in CONTRIBUTIONS:
        stages.clock.wait(1)
        send_form(officers["DPU"], number, "kontribusi", langkah="minta", unit=code, pertanyaan=QUESTION)
    assert readers(officers, number) == {"DPU", *CONTRIBUTIONS}
    for code, text in CONTRIBUTIONS.items():
        stages.clock.wait(10)
        contribution = {"permintaan": hidden_field(officers[code], number, "permintaan"), "isi": text}
        send_form(officers[code], number, "kontribusi", langkah="beri", **contribution)
    assert readers(officers, number) == {"DPU"}
    of_contribution = ("unit_code", "unit", "question", "asked_by", "text", "ended_by", "ended_at", "due_at")
    golden(JOURNEY / "5-contributions.json", stored(service, DeskContribution, *of_contribution))

    for verdict, text in (("tanggapi", ANSWER), ("tutup", CLOSING)):
        stages.clock.wait(10)
        answer = {"tindakan": verdict, "isi": text, "versi": hidden_field(officers["DPU"], number, "versi")}
        send_form(officers["DPU"], number, "jawab", langkah="kirim", **answer)
        stages.run()
        oversight.send()
    answers = [shown(record, "agency", "verdict", "text") for record in records_of(service, "agency-answers")]
    golden(JOURNEY / "6-answers.json", "".join(answers))
    assert officers["DPU"].client.get("/desk/pimpinan").status_code == HTTPStatus.FORBIDDEN
    assert stored(service, DeskHolder, "unit_code") == as_text([{"unit_code": "DPU"}])

    stages.clock.wait(DAY_MINUTES + 5)
    assert oversight.ask() == 1
    oversight.send()
    thanks = send(service, {**fields, "MessageSid": f"{fields['MessageSid'][:-1]}1", "Body": "4"})
    texts = [acknowledgement, *(sms["Body"] for sms in twilio.sends), thanks]
    golden(JOURNEY / "7-sms.txt", "".join(f"{without_link(text)}\n" for text in texts))

    oversight.read()
    sekda = service.sign_in(Role.HEAD, REGENCY, name="Sekretaris Daerah")
    page = sekda.client.get("/desk/pimpinan")
    assert page.status_code == HTTPStatus.OK
    assert "Dinas Pekerjaan Umum" in page.text
    golden(JOURNEY / "8-figures.csv", figures(sekda))
    audit = stages.parts.audit(full=True)
    assert audit.clean, audit.as_json()


def send(service: CounterService, fields: Mapping[str, str]) -> str:
    """Send an SMS as Twilio does, let the stages work, and return the answer."""
    address = f"{service.stages.parts.settings.reached_at}/sms/twilio"
    headers = {"X-Twilio-Signature": RequestValidator(TWILIO_TOKEN).compute_signature(address, dict(fields))}
    response = requests.post(f"{service.address}/sms/twilio", data=fields, headers=headers, timeout=30)
    response.raise_for_status()
    service.stages.run()
    answer = re.search(r"<Message>(.*)</Message>", response.text)
    assert answer
    return answer[1]


def send_form(officer: Officer, number: str, part: str, **fields: str) -> None:
    """Send a form of the page of a case; the desk must take it."""
    answer = officer.client.post(f"/desk/laporan/{number}/{part}", fields)
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text


def hidden_field(officer: Officer, number: str, name: str) -> str:
    """Return the first value of a hidden field of the officer's page of a case."""
    page = officer.client.get(f"/desk/laporan/{number}").text
    field = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert field, name
    return field[1]


def readers(officers: Mapping[str, Officer], number: str) -> set[str]:
    """Return the units whose officers may read a case."""
    pages = {code: officer.client.get(f"/desk/laporan/{number}") for code, officer in officers.items()}
    return {code for code, page in pages.items() if page.status_code == HTTPStatus.OK}


def records_of(service: CounterService, topic: str) -> Sequence[Mapping[str, Any]]:
    """Return the values of the records of a topic."""
    reader = service.stages.parts.bus.reader()
    try:
        return [json.loads(record.value) for record in reader.read([topic])]
    finally:
        reader.close()


def record_of(service: CounterService, topic: str) -> Mapping[str, Any]:
    """Return the value of the only record of a topic."""
    (value,) = records_of(service, topic)
    return value


def shown(value: Mapping[str, Any], *names: str) -> str:
    """Return these fields of a record as text."""
    return as_text({name: value[name] for name in names})


def stored(service: CounterService, table: type[SQLModel], *names: str) -> str:
    """Return these columns of a table, in the order of the rows, as text."""
    columns = [col(getattr(table, name)) for name in names]
    with read_transaction(service.stages.parts.engine) as connection:
        rows = connection.execute(select(*columns).order_by(*columns)).mappings()
        return as_text([dict(row) for row in rows])


def without_link(text: str) -> str:
    """Return an SMS without the secret end of its link."""
    return re.sub(r"/l/[\w-]+", "/l/…", text)


def figures(head: Officer) -> str:
    """Return the figures of the month and of its units, as the file of the page has them."""
    lines = head.client.get("/desk/pimpinan?berkas=csv").text.removeprefix(BYTE_ORDER_MARK)
    rows = [row for row in csv.DictReader(io.StringIO(lines)) if row["bagian"] in {"ukuran", "unit"}]
    written = io.StringIO()
    table = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()

"""An officer works at the desk of a running service, which is killed meanwhile, and whose read model is rebuilt."""

import random
import re
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
import requests

from config.database import read_transaction
from desk.read_model.case_view import read_case
from desk.units.tiers import Tier
from tests.accounts.desk_client import DeskClient
from tests.desk.harness import stored_rows
from tests.support import program
from tests.support.ports import free_port
from tests.support.service import RunningService
from tests.support.waiting import wait_for

PASSWORD = "burung terbang tinggi sekali"
AGENCY = "kementerian-kemenkes"
PATIENCE_SECONDS = 120.0
KILLS = 3

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def command(service: RunningService, *arguments: str) -> str:
    """Run `satupintu` with the settings of the service; return its standard output."""
    run = program.run(arguments, service.environment, service.log.parent)
    assert run.returncode == 0, run.stderr
    return run.stdout


def send_report(service: RunningService, text: str) -> str:
    """Send a report by the web door; return its number."""
    address = f"http://127.0.0.1:{service.settings.port}/web/reports"
    answer = requests.post(address, json={"text": text}, timeout=60)
    return str(answer.json()["tracking"])


def officer(service: RunningService, email: str = "sri@kemenkes.example") -> DeskClient:
    """Return the browser of an officer who was invited and has signed in."""
    who = ("--role", "officer", "--agency", AGENCY, "--email", email, "--name", "Sri Rahayu")
    link = command(service, "desk", "invite", *who, "--actor", "admin", "--why", "petugas baru").strip()
    client = DeskClient(service.settings.desk_reached_at)
    path = link.removeprefix(client.address)
    assert client.post(path, {"sandi": PASSWORD, "ulang": PASSWORD}).status_code == requests.codes.see_other
    sign_in = client.post("/desk/masuk", {"email": email, "sandi": PASSWORD})
    assert sign_in.headers["location"] == "/desk/saya/kode"
    return client


def version_in(page: str) -> str:
    """Return the version of the case in a page's forms."""
    match = re.search(r'name="versi" value="(\d+)"', page)
    assert match, page
    return match[1]


def answer(client: DeskClient, number: str, act: str, text: str = "") -> requests.Response:
    """Open a case and send one of its forms."""
    page = client.get(f"/desk/laporan/{number}").text
    fields = {"tindakan": act, "isi": text, "versi": version_in(page), "langkah": "kirim"}
    return client.post(f"/desk/laporan/{number}/jawab", fields)


def steps_of(site: str, number: str) -> list[str]:
    """Return the steps of a report on its status page."""
    status = requests.get(f"{site}/status/{number}", headers={"accept": "application/json"}, timeout=60).json()
    return [step["kind"] for step in status["steps"]]


def answered_texts(service: RunningService, number: str) -> list[str]:
    """Return the texts of the answers to a case in the read model."""
    with read_transaction(service.parts.engine) as connection:
        view = read_case(connection, Tier(AGENCY), number)
    assert view is not None
    return [event.text for event in view.events if event.kind == "responded"]


def interface(service: RunningService) -> tuple[str, dict[str, str]]:
    """Return the address of the agencies' interface, and the headers with a new key."""
    key = command(service, "desk", "key", AGENCY, "--actor", "admin", "--why", "program baru")
    return f"{service.settings.desk_reached_at}/agency/v1", {"Authorization": f"Bearer {key.strip()}"}


def cases_after(service: RunningService, cursor: str) -> list[str]:
    """Return the numbers of the cases that changed after a cursor, as a new program reads them."""
    address, headers = interface(service)
    page = requests.get(f"{address}/cases", params={"after": cursor}, headers=headers, timeout=60).json()
    return [case["number"] for case in page["cases"]]


def answer_by_program(service: RunningService, number: str) -> str:
    """Let the agency's program wait for a case, close it, and see it closed; return the program's last cursor."""
    address, headers = interface(service)
    cursor: str | None = None
    states: dict[str, str] = {}

    def has_state(state: str) -> bool:
        nonlocal cursor
        page = requests.get(f"{address}/cases", params={"after": cursor}, headers=headers, timeout=60).json()
        states.update((case["number"], case["state"]) for case in page["cases"])
        cursor = page["next"] or cursor
        return states.get(number) == state

    wait_for(lambda: has_state("terdisposisi"))
    body = {"verdict": "closed", "text": "Obat sudah dikirim."}
    sent = requests.post(f"{address}/cases/{number}/answers", json=body, headers=headers, timeout=60)
    assert (sent.status_code, sent.json()["state"]) == (requests.codes.created, "selesai")
    wait_for(lambda: has_state("selesai"))
    assert cursor
    return cursor


def test_an_officer_works_at_the_desk(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """The officer reads, accepts and closes; the citizen's status page shows it; a rebuilt read model is equal.

    The desk has a port of its own here, and the doors' port does not answer for it.
    """
    service = RunningService(tmp_path, desk_port=str(free_port()), **process_database)
    service.start()
    try:
        client = officer(service)
        site = f"http://127.0.0.1:{service.settings.port}"
        assert requests.get(f"{site}/desk/masuk", timeout=60).status_code == requests.codes.not_found
        number = send_report(service, "Kemenkes, antrean puskesmas panjang sekali")
        wait_for(lambda: number in client.get("/desk/laporan?tab=baru").text)
        assert "antrean puskesmas" in client.get(f"/desk/laporan/{number}").text
        assert answer(client, number, "terima").status_code == requests.codes.see_other
        assert answer(client, number, "tutup", "Loket sudah ditambah.").status_code == requests.codes.see_other
        wait_for(lambda: number in client.get("/desk/laporan?tab=selesai").text)
        wait_for(lambda: steps_of(site, number) == ["received", "dispatched", "accepted", "closed"])
        cursor = answer_by_program(service, send_report(service, "Kemenkes, obat di puskesmas habis"))
        # The outcome of the last answer comes after it.
        service.audit()
        rows = stored_rows(service.parts.engine)
        command(service, "desk", "rebuild", "--actor", "operator", "--why", "uji")
        assert stored_rows(service.parts.engine) == rows
        assert "Loket sudah ditambah." in client.get(f"/desk/laporan/{number}").text
        assert command(service, "audit-log", "list").count("desk.") >= 3
        assert service.audit().as_json()["differences"] == []
        # A program that waits at its last cursor gets no case again: none has changed.
        assert cases_after(service, cursor) == []
    finally:
        service.close()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.expensive)])
def test_killed_while_an_officer_answers(process_database: Mapping[str, str], tmp_path: Path, seed: int) -> None:
    """`kill -9` at any moment: an answer that the page confirmed is there once; any other one once or not at all."""
    service = RunningService(tmp_path, **process_database)
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    service.start()
    try:
        client = officer(service)
        number = send_report(service, "Kemenkes, antrean puskesmas panjang sekali")
        wait_for(lambda: number in client.get("/desk/laporan?tab=baru").text)
        confirmed: list[str] = []
        sent: list[str] = []
        stopping = threading.Event()
        answered = threading.Semaphore(0)

        def work() -> None:
            for position in count():
                if stopping.is_set():
                    return
                text = f"Tanggapan ke-{position}"
                try:
                    sent.append(text)
                    if answer(client, number, "tanggapi", text).status_code == requests.codes.see_other:
                        confirmed.append(text)
                        answered.release()
                except (requests.RequestException, AssertionError):
                    stopping.wait(0.1)

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(KILLS):
            for _ in range(moments.randint(1, 4)):
                answered.acquire(timeout=PATIENCE_SECONDS)
            service.kill()
            service.start()
        answered.acquire(timeout=PATIENCE_SECONDS)
        stopping.set()
        thread.join(PATIENCE_SECONDS)
        wait_for(lambda: set(answered_texts(service, number)) >= set(confirmed))
        texts = answered_texts(service, number)
        assert len(texts) == len(set(texts))
        assert set(texts) <= set(sent)
        assert service.audit().as_json()["differences"] == []
    finally:
        service.close()

"""The desk with its counter and the doors on one port, over the stages of `DialogueService`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import requests
from sqlalchemy import insert

from accounts.pages.browser import SESSION_COOKIE
from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, Role
from accounts.sessions import Sessions
from accounts.tables import AccountRow
from app.assembly.desk.parts import DeskParts
from app.assembly.process_health import http_doors
from app.assembly.stages.public_port import public_application
from config.database import write_transaction
from config.settings import Settings
from monitor.health import ProcessHealth
from tests.accounts.desk_client import DeskClient
from tests.end_to_end.dialogues.service import DialogueService, running_stages
from tests.ingest.door_client import DoorServer

COUNTER = "/desk/loket"


class CounterService:
    """A service with a desk. `sign_in` returns the browser of a person."""

    def __init__(self, service: DialogueService, desk: DeskParts, port: int) -> None:
        self.stages = service
        self.desk = desk
        self.address = f"http://127.0.0.1:{port}"

    def sign_in(self, role: Role, agency: str = "", unit: str = "", name: str = "Sari Dewi") -> "Officer":
        """Open an account, and sign it in."""
        parts, account_id = self.stages.parts, uuid4()
        agency = agency if role in AGENCY_ROLES else TRIAGE_AGENCY if role is Role.TRIAGE else ""
        row = {"id": account_id, "email": f"{account_id.hex}@contoh.id", "name": name, "role": role}
        with write_transaction(parts.engine) as connection:
            connection.execute(insert(AccountRow).values(**row, agency=agency, unit=unit, created_at=parts.now()))
        client = DeskClient(self.address)
        sessions = Sessions(parts.engine, parts.now, lambda: uuid4().hex, uuid4)
        client.set_cookie(SESSION_COOKIE, sessions.start(account_id, "uji coba"))
        return Officer(client, account_id)


class Officer:
    """A person at the counter."""

    def __init__(self, client: DeskClient, account_id: UUID) -> None:
        self.client = client
        self.account_id = account_id

    def new_form(self) -> dict[str, str]:
        """Open the form; return its hidden fields."""
        answer = self.client.get(COUNTER)
        answer.raise_for_status()
        return hidden_fields(answer.text)

    def enter(self, form: Mapping[str, str] | None = None, **fields: str) -> requests.Response:
        """Send a form."""
        return self.client.post(
            COUNTER, {**(self.new_form() if form is None else form), "counter_way": "visit", **fields}
        )

    def receipt_of(self, answer: requests.Response) -> str:
        """Open the receipt that an accepted form leads to."""
        assert answer.status_code == requests.codes.see_other, answer.text
        page = self.client.get(answer.headers["Location"])
        page.raise_for_status()
        return page.text


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a form, and the files that it keeps."""
    names = ("form_id", "stamp", "kept")
    found = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in names}
    return {name: match[1] for name, match in found.items() if match}


def number_on(receipt: str) -> str:
    """Return the tracking number of a receipt."""
    match = re.search(r'class="number big">([^<]+)<', receipt)
    assert match
    return match[1]


def link_on(receipt: str) -> str:
    """Return the path of the own link of a receipt, "" without one."""
    match = re.search(r'class="number link">[^<]*/l/<wbr>([\w-]+)<', receipt)
    return f"/l/{match[1]}" if match else ""


@contextmanager
def running_counter(values: Mapping[str, object], templates: Path) -> Iterator[CounterService]:
    """Run the service until the block ends."""
    with ExitStack() as stack:
        host = DoorServer()
        stack.enter_context(host.serving())
        settings = Settings.model_validate({**values, "port": host.port})
        service = stack.enter_context(running_stages(settings, templates))
        parts = service.parts
        producer, desk = parts.bus.producer(), DeskParts(parts)
        # On either bus, what the desk publishes is counted as the records of the stages.
        desk.producer = producer
        stack.callback(desk.close)
        health = ProcessHealth()
        health.started.set()
        host.app = public_application(parts, producer, desk, health, http_doors(parts))
        yield CounterService(service, desk, host.port)

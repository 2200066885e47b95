"""Builds the door of counters, whose pages belong to the desk."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import cast

from fastapi import APIRouter, Request

from accounts.permissions import Act, Actor, actor_label
from accounts.signed_in import SignedIn
from app.assembly.doors.contact import contact_store, form_contact, phone_proof
from app.assembly.doors.parts import DoorParts
from app.assembly.parts import Parts
from app.assembly.reply_providers import sms_provider
from bus.port import Outgoing
from cases.clocks.clock_table import ClockName
from ingest.counter.channel import COUNTER as COUNTER_DOOR
from ingest.counter.desk import CounterDesk, CounterOfficer, CounterPhone, KeptFile
from ingest.counter.door import CounterDoor
from ingest.counter.stamps import CounterStamps
from ingest.http.acceptance import Acceptance
from ingest.http.gate import Gate
from ingest.web.contact_proof.addresses import masked_number
from ingest.web.contact_proof.code_proof import CodeProof
from ingest.web.contact_proof.contacts import ContactStore, ReportContact
from ingest.web.contact_proof.pages import report_purpose
from ingest.web.form_files import FormFiles
from ingest.web.form_token import FormFile, FormTokens
from messages.sealing import UnsealError
from pages.addresses import COUNTER
from pages.files.multipart import UploadedFile
from pages.frame import NavigationEntry, SignedInPages
from pages.refusals import Refused
from pages.translation.message import Message
from pages.translation.message import message as _

COUNTER_NAVIGATION = (NavigationEntry(_("Loket"), COUNTER, Act.ENTER_REPORT, needs_agency=True),)


class _DeskProducer:
    """The producer of the desk, which connects at its first message."""

    def __init__(self, publish: Callable[[Sequence[Outgoing]], None]) -> None:
        self._publish = publish

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        self._publish(messages)

    def close(self) -> None:
        """Do nothing: the desk closes its producer."""


class _Scans:
    """Files of the forms of counters, by the code that cleans those of the web form."""

    def __init__(self, files: FormFiles, tokens: FormTokens) -> None:
        self._files = files
        self._tokens = tokens

    async def store(
        self, form_id: str, sealed: Sequence[str], uploads: Sequence[UploadedFile], account: str, at: datetime
    ) -> tuple[Sequence[KeptFile], Sequence[Refused]]:
        """See `ingest.counter.desk.Scans`."""
        return await self._files.store(form_id, sealed, uploads, account, at)

    def seal(self, form_id: str, file: KeptFile) -> str:
        """See `ingest.counter.desk.Scans`."""
        return self._tokens.seal(form_id, cast("FormFile", file))


class _Phones:
    """Codes for numbers that officers typed, by the code that proves those of the web form."""

    def __init__(self, store: ContactStore, proof: CodeProof | None, check_rate: Callable[[str, str], None]) -> None:
        self._store = store
        self._proof = proof
        self._check_rate = check_rate

    @property
    def can_prove(self) -> bool:
        """See `ingest.counter.desk.Phones`."""
        return self._proof is not None

    def phone(self, tracking: str) -> CounterPhone | None:
        """See `ingest.counter.desk.Phones`."""
        contact = self._contact(tracking)
        if self._proof is None or not contact.phone:
            return None
        return CounterPhone(masked_number(contact.phone), contact.is_phone_proven)

    def send_code(self, tracking: str, account: str) -> None:
        """See `ingest.counter.desk.Phones`."""
        contact = self._contact(tracking)
        if self._proof and contact.phone and not contact.is_phone_proven:
            self._check_rate(COUNTER_DOOR.name, account)
            self._proof.start(contact.phone, report_purpose(tracking))

    def check_code(self, tracking: str, typed: str) -> None:
        """See `ingest.counter.desk.Phones`."""
        contact = self._contact(tracking)
        # A second press of the button comes after the code was used.
        if self._proof and contact.phone and not contact.is_phone_proven:
            self._proof.check(contact.phone, report_purpose(tracking), typed)
            self._store.mark_phone_proven(tracking)

    def _contact(self, tracking: str) -> ReportContact:
        try:
            return self._store.contact(tracking)
        except UnsealError:
            # Its sender is forgotten.
            return ReportContact()


def counter_desk(
    parts: Parts,
    publish: Callable[[Sequence[Outgoing]], None],
    record: Callable[[str, str, str, str, datetime], object],
    signed_in: SignedIn,
    pages: SignedInPages,
) -> CounterDesk:
    """Return what a door gets from the desk. `publish` raises the errors of the bus."""

    def officer(request: Request) -> Actor:
        return signed_in.require(request, Act.ENTER_REPORT, signed_in.actor(request).agency)

    def record_act(action: str, subject: str, officer: CounterOfficer, detail: str, at: datetime) -> None:
        record(action, subject, actor_label(cast("Actor", officer)), detail, at)

    def usual_period(clock: str) -> Message | None:
        return parts.deadlines.usual_period(cast("ClockName", clock), parts.now())

    acceptance = Acceptance(parts.wrapper, _DeskProducer(publish), parts.threads.pool)
    gate = Gate(acceptance, parts.now, parts.doors.door_rates)
    return CounterDesk(gate, pages, officer, record_act, usual_period)


def counter_doors(parts: DoorParts, desk: CounterDesk) -> Iterable[APIRouter]:
    """Return the pages of the counter."""
    tokens = FormTokens(parts.secrets.sender_key, parts.settings.reached_at)
    check_rate = parts.door_rates.check_rate
    door = CounterDoor(
        desk,
        parts.wrapper,
        lambda: parts.regions,
        _Scans(FormFiles(parts.attachments, tokens, check_rate), tokens),
        form_contact(parts, tokens, check_rate),
        _Phones(contact_store(parts), phone_proof(parts, sms_provider, parts.randomness.new_id), check_rate),
        CounterStamps(parts.secrets.sender_key),
        parts.link_of,
        parts.short_link_of,
        parts.randomness.new_id,
    )
    return (door.routes(),)

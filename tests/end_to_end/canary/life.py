"""Everything that can happen to a report, done by officers and staff at their pages and by the senders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import product
from urllib.parse import urlencode
from uuid import uuid4

import requests

from accounts.permissions import Role
from app.assembly.derivation_names import derivation_names
from app.assembly.desk.api import build_agency_keys
from app.assembly.desk.webhooks import agency_webhooks
from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from app.operations.duplicates.suggested_pairs import SuggestedPair, SuggestedPairs
from bus.port import Outgoing
from cases.derivations.position import DerivationLag, read_lags
from config.database import read_transaction
from desk.api.keys.scopes import SCOPES
from ingest.wrap import accepted_record
from messages import codec
from messages.shapes import Dispatch
from messages.topics import AGENCY_ANSWERS, agency_topic
from monitor.consumer_lag import measure_stage
from monitor.snapshot import Backlog
from oversight.cases.addresses import case_address
from oversight.cases.readings import REASONS
from tests.accounts.desk_client import DeskClient
from tests.app.staff.test_review_pages import ids_of
from tests.desk.pages.page_requests import form_id_of, send_act
from tests.end_to_end.canary.persons import MODES, PERSONS, Mode
from tests.end_to_end.canary.providers import Providers
from tests.end_to_end.canary.senders import Senders
from tests.end_to_end.canary.staff import AGENCY, OTHER_AGENCY, Page, page_of, signed_in_clients
from tests.support.agency_answers import unsigned_answer
from tests.support.records import FORM
from tests.support.service import RunningService
from tests.support.waiting import wait_for

_SEE_OTHER = requests.codes.see_other
_WHY = "uji"
_LETTERS, _QUARANTINE, _MERGES = "/desk/surat-mati", "/desk/karantina", "/desk/gabung"


class Life:
    """A running service with its senders, officers and staff."""

    def __init__(self, service: RunningService, providers: Providers) -> None:
        self.service = service
        self.parts: Parts = service.parts
        self.senders = Senders(service)
        self.clients: Mapping[Role, DeskClient] = signed_in_clients(self.parts)
        # Forms that show data after a reason: the role, and the address.
        self._reveals: list[tuple[Role, str]] = []
        _, self._api_key = build_agency_keys(self.parts, self.parts.audit_log.append).issue(
            AGENCY, SCOPES, "admin", _WHY
        )
        webhooks = agency_webhooks(self.parts.doors, self.parts.audit_log.append)
        for agency in (AGENCY, OTHER_AGENCY):
            webhooks.add(agency, f"{providers.receiver.url}/terima", (), "admin", _WHY)

    def number(self, mode: Mode, label: str) -> str:
        """Return the tracking number of a report."""
        return self.senders.numbers[mode, label]

    def settle(self) -> None:
        """Wait until every message is processed, also by the stages that read the queues."""
        audit = self.service.audit()
        assert audit.clean, audit.as_json()
        wait_for(lambda: not self._backlog("cases"))
        wait_for(lambda: not any(lag.waiting for lag in self._lags()))

    def _lags(self) -> Sequence[DerivationLag]:
        """Return how far the derivations are behind the facts."""
        with read_transaction(self.parts.engine) as connection:
            return read_lags(connection, derivation_names(self.parts.settings))

    def _backlog(self, group: str) -> Mapping[str, Backlog]:
        """Return what a consumer group has not processed, by topic."""
        with closing(self.parts.bus.reader()) as reader:
            names = self.parts.consumer_groups[group].topics_with(existing_queues(reader))
            return measure_stage(reader, group, tuple(names)).topics

    def report(self) -> None:
        """Send reports by all channels, prove number and address, and kill the service in the middle."""
        self.senders.report_by_all_channels(self._officer())
        self.service.kill()
        self.service.start()
        self.settle()
        self._send_unclear()

    def handle(self) -> None:
        """Refuse, transfer, ask, answer, object, join, confirm and deny a suggestion, and write inside the agency."""
        self._work_on("open", "web")
        self._transfer("rahasia", "web")
        self._decide_at_triage("anonim", "greeting")
        self._ask_and_reopen("rahasia", "sms")
        self._ask_and_reopen("anonim", "mobile")
        self._relate()
        self.settle()
        self._release("open", "web")
        self._release("anonim", "mobile")

    def review(self) -> None:
        """Release and redrive what was quarantined and what became a dead letter."""
        self._review_quarantine()
        self._review_dead_letters()
        self.settle()

    def accepted_numbers(self) -> Sequence[str]:
        """Return the numbers of all messages that were accepted by a door or released."""
        return [number for number in self.senders.numbers.values() if number in self.senders.links()]

    def revealed_pages(self) -> Iterator[tuple[Role, Page]]:
        """Yield what persons see after they gave a reason: identities, cases, quarantine and dead letters."""
        for mode, label in product(MODES, ("web", "mobile")):
            address = f"/desk/laporan/{self.number(mode, label)}/identitas"
            for role in (Role.OFFICER, Role.COORDINATOR, Role.HEAD, Role.TRIAGE, Role.OVERSEER):
                yield role, page_of(address, self.clients[role].post(address, {"alasan": _WHY}))
        overseer = self.clients[Role.OVERSEER]
        for number in self.accepted_numbers():
            address = case_address(number)
            overseer.post(address, {"alasan": next(iter(REASONS)), "keterangan": _WHY})
            yield Role.OVERSEER, page_of(address, overseer.get(address))
        for role, address in self._reveals:
            yield role, page_of(address, self.clients[role].post(address, {"alasan": _WHY}))

    def program_pages(self) -> Iterator[Page]:
        """Yield what the agency's program reads."""
        headers = {"Authorization": f"Bearer {self._api_key}"}
        address = f"{self.parts.settings.desk_reached_at}/agency/v1"
        paths = ["/cases", *(f"/cases/{number}" for number in self.senders.numbers.values())]
        for path in paths:
            yield page_of(f"/agency/v1{path}", requests.get(address + path, headers=headers, timeout=30))

    def _officer(self) -> DeskClient:
        return self.clients[Role.OFFICER]

    def _act(self, mode: Mode, label: str, act: str, text: str = "", **fields: str) -> None:
        """Act on a case at the desk, once it is there. If it changed meanwhile, the officer sends the act again."""
        number, client = self.number(mode, label), self._officer()
        wait_for(lambda: 'name="versi"' in client.get(f"/desk/laporan/{number}").text)
        wait_for(lambda: send_act(client, number, act, text, **fields).status_code == _SEE_OTHER)

    def _work_on(self, mode: Mode, label: str) -> None:
        """Take a case, write a note and a message to a unit with the sender's words, and answer."""
        number, client, person = self.number(mode, label), self._officer(), PERSONS[mode]
        address = f"/desk/laporan/{number}"
        self._act(mode, label, "terima")
        page = client.get(address).text
        note = {"isi": f"Sudah ditelepon. {person.words}", "formulir": form_id_of(page)}
        assert client.post(f"{address}/catatan", note).status_code == _SEE_OTHER
        for code in ("DINKES", "PKM"):
            # The second time the unit is there.
            self.clients[Role.COORDINATOR].post("/desk/unit", {"langkah": "simpan", "kode": code, "nama": code})
        unit = {"unit": "DINKES", "alasan": f"Kepada {person.words}"}
        assert client.post(f"{address}/unit", unit).status_code == _SEE_OTHER
        question = {"langkah": "minta", "unit": "PKM", "pertanyaan": f"Tentang {person.words}"}
        assert client.post(f"{address}/kontribusi", question).status_code == _SEE_OTHER
        request = re.search(r'name="permintaan" value="([^"]+)"', client.get(address).text)
        assert request
        words = {"langkah": "beri", "permintaan": request[1], "isi": f"Jawaban {person.words}"}
        assert client.post(f"{address}/kontribusi", words).status_code == _SEE_OTHER
        assert client.post(f"{address}/petugas").status_code == _SEE_OTHER
        # The officer who has the case gets a mail about it.
        self.senders.follow_up(mode, label, "adds", f"Tambahan. {person.words}")
        self._act(mode, label, "tanggapi", f"Yth. {person.words}. Petugas datang besok.")

    def _release(self, mode: Mode, label: str) -> None:
        """Let everybody read a report from the next day on."""
        address = f"/desk/laporan/{self.number(mode, label)}/publik"
        assert self._officer().post(address, {"putusan": "tampilkan"}).status_code == _SEE_OTHER

    def _transfer(self, mode: Mode, label: str) -> None:
        """Refuse a case, so that it goes to another agency."""
        text = f"Bukan wewenang kami. {PERSONS[mode].words}"
        self._act(mode, label, "bukan-kewenangan", text, tujuan=OTHER_AGENCY)

    def _is_closed(self, mode: Mode, label: str) -> bool:
        status = self.parts.ledger.status(self.number(mode, label))
        return status is not None and status.is_closed

    def _decide_at_triage(self, mode: Mode, label: str) -> None:
        """Give a case that is at triage to an agency."""
        number, client = self.number(mode, label), self.clients[Role.TRIAGE]
        assert number in client.get("/desk/triase").text
        decision = {"instansi": OTHER_AGENCY, "alasan": _WHY}
        assert client.post(f"/desk/triase/{number}/putusan", decision).status_code == _SEE_OTHER

    def _ask_and_reopen(self, mode: Mode, label: str) -> None:
        """Ask the sender, read the answer, close the case, and let the sender object."""
        words = PERSONS[mode].words
        self._act(mode, label, "minta-keterangan", "Kapan kejadiannya?")
        self.settle()
        self.senders.follow_up(mode, label, "adds", f"Kemarin pagi. {words}")
        self.settle()
        self._act(mode, label, "tutup", f"Sudah selesai. {words}")
        wait_for(lambda: self._is_closed(mode, label))
        self.senders.follow_up(mode, label, "objects", f"Belum beres. {words}")

    def _relate(self) -> None:
        """Merge two reports. Confirm one suggestion at the desk, and deny another one as staff."""
        officer, staff = self._officer(), self.clients[Role.TRIAGE]
        merge = {"a": self.number("open", "sms"), "b": self.number("anonim", "sms"), "hubungan": "joins"}
        assert staff.post(_MERGES, {**merge, "alasan": _WHY}).status_code == _SEE_OTHER
        confirmed, denied = self._suggested()[:2]
        address = f"/desk/laporan/{confirmed.number}"
        assert officer.post(f"{address}/usulan", {"putusan": "sama"}).status_code == _SEE_OTHER
        decision = {"a": denied.suggested_number, "b": denied.number, "putusan": "bukan"}
        assert staff.post(f"{_MERGES}/usulan", decision).status_code == _SEE_OTHER

    def _suggested(self) -> Sequence[SuggestedPair]:
        """Return the open suggestions of which the agency has both cases."""
        pairs = SuggestedPairs(self.parts.engine).open_pairs(datetime.min.replace(tzinfo=UTC))
        return [pair for pair in pairs if {pair.agency, pair.suggested_agency} == {AGENCY}]

    def _send_unclear(self) -> None:
        """Send a message that only a person can place, and one that is no complaint."""
        greeting = f"terima kasih banyak, salam dari {PERSONS['anonim'].written_name}"
        self.senders.by_sms("anonim", "greeting", greeting, keyword="")
        thanks = f"terima kasih admin, sudah beres. {PERSONS['rahasia'].written_name}"
        self.senders.by_sms("rahasia", "thanks", thanks, keyword="")
        self.settle()
        statuses = self.parts.ledger.statuses([self.number("rahasia", "thanks")])
        assert [status.set_aside for status in statuses.values()] == ["thanks"]

    def _review_quarantine(self) -> None:
        """Let the door set aside two forged SMS; release one of them."""
        for label in ("released", "quarantined"):
            self.senders.by_sms(
                "anonim", label, f"Obat palsu di Kota Semarang. {PERSONS['anonim'].words}", is_forged=True
            )
        client, listing = self.clients[Role.OPERATOR], f"{_QUARANTINE}?saluran=sms&kelompok=bad_signature"
        wait_for(lambda: len(ids_of(client.get(listing).text)) == len(("released", "quarantined")))
        first = ids_of(client.get(listing).text)[0]
        self._reveals += [(Role.OPERATOR, f"{_QUARANTINE}/{id_}/buka") for id_ in ids_of(client.get(listing).text)]
        fields = {"tindakan": "terima", "pilih": first, "saluran": "sms", "kelompok": "bad_signature", "alasan": _WHY}
        assert client.post(f"{_QUARANTINE}/putusan", fields).status_code == _SEE_OTHER

    def _review_dead_letters(self) -> None:
        """Publish an arrival that nobody can read and an answer that is forged; redrive the arrival."""
        parts, client, person = self.parts, self.clients[Role.OPERATOR], PERSONS["open"]
        sid, sender = uuid4().hex, f"tel:{person.phone}"
        # Without its sender's number an SMS cannot be read.
        body = urlencode({"MessageSid": sid, "Body": person.words}).encode()
        raw = parts.wrapper.wrap("sms", sid, sender, body, parts.now(), FORM, "twilio-signature")
        dispatch = self._dispatch(self.number("open", "web"))
        forged = unsigned_answer(dispatch, "responded", text=f"Kepada {person.words}", at=parts.now())
        encoded = codec.encode(forged, str(forged.complaint_id), "/tests")
        with closing(parts.bus.producer()) as producer:
            producer.publish([accepted_record(raw), Outgoing(AGENCY_ANSWERS, *encoded)])
        self.settle()
        groups: list[str] = []

        def has_groups() -> bool:
            groups[:] = re.findall(rf'href="({_LETTERS}\?[^"]+)"', client.get(_LETTERS).text)
            return len(groups) == len((raw, forged))

        wait_for(has_groups)
        for group in groups:
            page = client.get(group.replace("&amp;", "&")).text
            for letter in ids_of(page):
                self._reveals.append((Role.OPERATOR, f"{_LETTERS}/{letter}/buka"))
                fields = {"tindakan": "kirim", "pilih": letter, "alasan": _WHY}
                if "normalize" in group:
                    assert client.post(f"{_LETTERS}/putusan", fields).status_code == _SEE_OTHER

    def _dispatch(self, number: str) -> Dispatch:
        """Return the first dispatch of a report to the agency."""
        with closing(self.parts.bus.reader()) as reader:
            records = reader.read([agency_topic(AGENCY)])
            dispatches = [codec.decode(Dispatch, record.value, record.headers) for record in records]
        return next(dispatch for dispatch in dispatches if dispatch.tracking == number)

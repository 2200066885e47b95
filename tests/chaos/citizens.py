"""Citizens who write while faults happen: reports, copies of reports, and follow-ups by the own link."""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

import requests
from sqlmodel import col, select

from app.assembly.parts import Parts
from app.simulator.sender import Sender, SimulatedReport, reference_for, tracking_in
from app.simulator.wait import insist
from cases.facts.tables import ComplaintFact
from config.database import DatabaseUnavailable, read_transaction

_CHANNELS = ("web", "sms", "mobile")
_TROUBLES = (
    *("Lampu jalan padam", "Jalan berlubang", "Sampah tidak diangkut", "Listrik padam sejak pagi", "Antrean paspor"),
    *("Saluran air mampet", "Puskesmas tutup pada jam kerja", "Trotoar rusak", "Trafo listrik meledak"),
)
_PLACES = ("Kota Semarang", "Kabupaten Semarang", "Kabupaten Sleman", "Jawa Tengah", "Yogyakarta", "")
_STREETS = ("Melati", "Kenanga", "Diponegoro", "Pemuda", "Gajah Mada", "Kartini", "Cempaka", "Merdeka")
# Acts of a citizen, and how often each one comes.
_ACTS: Mapping[str, int] = {
    "reports": 60,
    "copies": 10,
    "joins": 12,
    "adds": 8,
    "objects": 5,
    "withdraws": 2,
    "confirms": 3,
}
_CONFIRMED = frozenset({"withdraws"})
# Seconds for which a citizen tries again while no door answers, and how long one waits between two acts, at most.
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.6
_TIMEOUT_SECONDS = 30


class SentReport(NamedTuple):
    """A report that a door accepted with a number."""

    channel: str
    report: SimulatedReport
    number: str


class Accepted:
    """Reports and follow-ups that doors accepted. For several threads."""

    def __init__(self) -> None:
        self._reports: list[SentReport] = []
        self._channels: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, sent: SentReport) -> None:
        """Add a report."""
        with self._lock:
            self._reports.append(sent)
            self._channels[sent.number] = sent.channel

    def add_follow_up(self, number: str, act: str) -> None:
        """Add a follow-up with its own number."""
        with self._lock:
            self._channels[number] = act

    def reports(self) -> Sequence[SentReport]:
        """Return all reports in the order of their acceptance."""
        with self._lock:
            return list(self._reports)

    def channels_by_number(self) -> Mapping[str, str]:
        """Return the channel of each number, or the act of a follow-up."""
        with self._lock:
            return dict(self._channels)


class Citizens(threading.Thread):
    """One citizen after the other at one door, until `stopping`. `seed` decides what they write."""

    def __init__(self, parts: Parts, port: int, seed: int, accepted: Accepted, stopping: threading.Event) -> None:
        super().__init__(name=f"citizens-{seed}")
        settings, secrets = parts.settings, parts.secrets
        self._parts = parts
        self._address = f"http://127.0.0.1:{port}"
        self._sender = Sender(
            self._address, f"http://127.0.0.1:{port}", secrets.twilio_tokens[0], settings.x_url, secrets.x_token
        )
        self._seed = seed
        self._chooser = random.Random(seed)  # noqa: S311 - invented reports
        self._accepted = accepted
        self._stopping = stopping
        self._numbers = count(1)
        # Why reports and follow-ups were not accepted.
        self.refused: list[str] = []

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping.wait(self._chooser.uniform(0.0, _PAUSE_SECONDS)):
            (act,) = self._chooser.choices(list(_ACTS), list(_ACTS.values()))
            earlier = [sent for sent in self._accepted.reports() if sent.report.sender]
            if act == "reports" or not earlier:
                self._report(self._chooser.choice(_CHANNELS), self._new_report())
            elif act in {"copies", "joins"}:
                self._copy(self._chooser.choice(earlier), is_same_sender=act == "copies")
            else:
                self._follow_up(self._chooser.choice(earlier), act)

    def _new_report(self) -> SimulatedReport:
        number = next(self._numbers)
        choose = self._chooser.choice
        place = f"Jalan {choose(_STREETS)} nomor {self._chooser.randint(1, 40)}, {choose(_PLACES)}".rstrip(", ")
        text = f"{choose(_TROUBLES)} di {place}. Mohon segera ditangani."
        return SimulatedReport(reference_for(str(self._seed), str(number)), text, sender=self._new_sender(number))

    def _new_sender(self, number: int) -> int:
        return self._seed % 100 * 10_000 + number

    def _copy(self, sent: SentReport, *, is_same_sender: bool) -> None:
        number = next(self._numbers)
        sender = sent.report.sender if is_same_sender else self._new_sender(number)
        reference = reference_for(str(self._seed), str(number))
        self._report(sent.channel, SimulatedReport(reference, sent.report.text, sender=sender))

    def _report(self, channel: str, report: SimulatedReport) -> None:
        response = self._insist(partial(self._sender.send, channel, report))
        number = tracking_in(response) if response is not None else None
        if channel == "sms" and response is not None and response.ok:
            number = number or self._parts.wrapper.tracking("sms", report.message_sid)
        if number:
            self._accepted.add(SentReport(channel, report, number))
        else:
            self.refused.append(f"{channel}: {response.status_code if response is not None else 'no door answers'}")

    def _follow_up(self, sent: SentReport, act: str) -> None:
        """Send a follow-up by the own link of a report, if the ledger has it."""
        try:
            message_id = self._message_of(sent.number)
        except DatabaseUnavailable:
            return
        if message_id is None:
            return
        form = next(self._numbers)
        fields = {
            # Sent again, it is the same follow-up.
            "form_id": str(uuid5(NAMESPACE_OID, f"{self._seed} {form}")),
            "token": self._parts.keys.link_of(message_id).rpartition("/")[2],
            "act": act,
            "text": f"Keterangan {form}: masih sama seperti kemarin.",
            "confirm": "ya" if act in _CONFIRMED else "",
        }
        address = f"{self._address}/web/follow-ups"
        response = self._insist(partial(requests.post, address, json=fields, timeout=_TIMEOUT_SECONDS))
        if response is not None and (number := tracking_in(response)):
            self._accepted.add_follow_up(number, act)
        else:
            self.refused.append(f"{act}: {response.status_code if response is not None else 'no door answers'}")

    def _insist(self, send: Callable[[], requests.Response]) -> requests.Response | None:
        return insist(send, _PATIENCE_SECONDS, self._parts.clock)

    def _message_of(self, number: str) -> UUID | None:
        query = select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
        with read_transaction(self._parts.engine) as connection:
            message_id: UUID | None = connection.execute(query).scalar_one_or_none()
        return message_id

"""Citizens, officers, staff and attackers of a simulation. A citizen tries again without an answer.

A *private* report has words that nobody else writes, so that the judges can look for them when its sender is forgotten.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from app.assembly.parts import Parts
from app.assembly.safekeeping.forgetting import forgetting_requests
from app.operations.agency_answers import AgencyAnswers
from app.operations.corrections import Corrections
from bus.port import Outgoing
from messages import codec
from messages.shapes import RawMessage, SenderAct
from tests.simulation.attackers import forged_closing
from tests.simulation.world import World
from tests.support import records

T = TypeVar("T", bound=str)

_TROUBLES = (
    *("Lampu jalan padam", "Jalan berlubang", "Sampah tidak diangkut", "Listrik padam sejak pagi", "Antrean paspor"),
    *("Saluran air mampet", "Puskesmas tutup pada jam kerja", "Trotoar rusak", "Trafo listrik meledak"),
)
_PLACES = ("Kota Semarang", "Kabupaten Semarang", "Kabupaten Sleman", "Jawa Tengah", "Yogyakarta", "")
_STREETS = ("Melati", "Kenanga", "Diponegoro", "Pemuda")
# Acts, and how often each one comes.
_CITIZEN_ACTS: Mapping[str, int] = {
    "report": 50,
    "same again": 12,
    "join": 14,
    "follow-up": 24,
    "private report": 12,
    "asks to be forgotten": 8,
}
_VERDICTS: Mapping[str, int] = {"accepted": 30, "asked": 12, "responded": 18, "closed": 22, "refused": 18}
_FOLLOW_UPS: Mapping[SenderAct, int] = {"adds": 45, "objects": 25, "confirms": 15, "withdraws": 15}
_STAFF_ACTS: Mapping[str, int] = {"merge": 55, "split": 35, "forget": 10}
_LONGEST_PAUSE_SECONDS = 25.0
# A citizen who hears nothing sends the same again, so many times.
_MOST_TRIES = 60
_ACTOR, _WHY = "Sari Wulandari", "uji coba gangguan"


class Sent(NamedTuple):
    """A message that a door confirmed."""

    id: UUID
    tracking: str
    channel: str
    text: str
    phone: str


class People:
    """Everybody who writes in a run. `accepted` are the reports whose senders were told a number."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hub = world.hub
        self._random = random.Random(world.hub.random.getrandbits(64))  # noqa: S311 - reproducible
        self.accepted: list[Sent] = []
        self.numbers: dict[str, str] = {}
        # Private reports, and those of them whose senders were told that they are forgotten.
        self.private: list[Sent] = []
        self.forgotten: list[Sent] = []
        # Ids of answers that attackers wrote.
        self.forged: set[UUID] = set()
        self.done: Counter[str] = Counter()
        self._busy = 0

    @property
    def is_done(self) -> bool:
        """True when nobody writes any more."""
        return self._busy == 0

    def begin(self, citizens: int, officers: int, staff: int, attackers: int, acts: int) -> None:
        """Let so many persons act so many times each."""
        counts = {self._write: citizens, self._answer: officers, self._correct: staff, self._forge: attackers}
        for act, count in counts.items():
            for number in range(count):
                self._busy += 1
                self._hub.add_person(f"{act.__name__}-{number}", partial(self._act, act, acts))

    def _act(self, act: Callable[[], None], times: int) -> None:
        try:
            for _ in range(times):
                self._hub.pause(self._random.uniform(0.0, _LONGEST_PAUSE_SECONDS))
                act()
        finally:
            self._busy -= 1

    def _chosen(self, weights: Mapping[T, int]) -> T:
        (value,) = self._random.choices(list(weights), list(weights.values()))
        return value

    def _write(self) -> None:
        act = self._chosen(_CITIZEN_ACTS)
        phone = f"+62812{self._random.randrange(10**7):07}"
        earlier = self._random.choice(self.accepted) if self.accepted else None
        if act == "report" or earlier is None:
            place = f"Jalan {self._random.choice(_STREETS)} nomor {self._random.randint(1, 30)}"
            text = f"{self._random.choice(_TROUBLES)} di {place}, {self._random.choice(_PLACES)}. Mohon ditangani."
            self._send(self._random.choice(("web", "sms")), text, phone)
        elif act == "same again":
            self._send(earlier.channel, earlier.text, earlier.phone)
        elif act == "join":
            self._send(earlier.channel, earlier.text, phone)
        elif act == "private report":
            self._send_private(phone)
        elif act == "asks to be forgotten":
            self._ask_to_be_forgotten()
        else:
            self._follow(earlier)

    def _send_private(self, phone: str) -> None:
        name = "Kenari" + "".join(self._random.choices("abdegiklmnoprstu", k=12))
        text = f"{self._random.choice(_TROUBLES)} di {self._random.choice(_PLACES)}. Saya {name}, telepon {phone}."
        if report := self._sent("sms", text, phone):
            self.private.append(report._replace(text=name))

    def _ask_to_be_forgotten(self) -> None:
        if report := self._unforgotten():
            key = f"{self._random.getrandbits(128):032x}"
            request = records.followed(
                self._world.parts, report.id, "asks-to-be-forgotten", "", self._hub.now(), key=key
            )
            if self._insist(request):
                self.forgotten.append(report)

    def _unforgotten(self) -> Sent | None:
        reports = [report for report in self.private if report not in self.forgotten]
        return self._random.choice(reports) if reports else None

    def _send(self, channel: str, text: str, phone: str) -> None:
        if report := self._sent(channel, text, phone):
            self.accepted.append(report)

    def _sent(self, channel: str, text: str, phone: str) -> Sent | None:
        parts, key, now = self._world.parts, f"{self._random.getrandbits(128):032x}", self._hub.now()
        if channel == "web":
            message = records.web(parts, text, now, key, phone=phone)
        else:
            message = records.sms(parts, text, phone, key, now)
        raw = self._insist(message)
        return Sent(raw.id, raw.tracking, channel, text, phone) if raw else None

    def _follow(self, report: Sent) -> None:
        act = self._chosen(_FOLLOW_UPS)
        text = f"Keterangan {self._random.randrange(1000)}: masih sama seperti kemarin."
        key = f"{self._random.getrandbits(128):032x}"
        self._insist(records.followed(self._world.parts, report.id, act, text, self._hub.now(), key=key))

    def _insist(self, message: Outgoing) -> RawMessage | None:
        """Send a message until a door confirms it; return it. Sometimes it is sent once more: a double tap."""
        for _ in range(_MOST_TRIES):
            if self._world.publish(message):
                break
            self._hub.pause(self._random.uniform(0.0, 10.0))
        else:
            return None
        if self._random.random() < 0.1:
            self._world.publish(message)
        raw = codec.decode(RawMessage, message.value, message.headers)
        self.numbers[raw.tracking] = raw.channel
        self.done["messages"] += 1
        return raw

    def _answer(self) -> None:
        if not self.accepted:
            return
        number = self._random.choice([*self.accepted[-30:], *self.private[-5:]]).tracking
        verdict, text = self._chosen(_VERDICTS), f"Jawaban {self._random.randrange(10**6)}."

        def answer(parts: Parts) -> bool:
            answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
            answers.publish(number, verdict, text, None, parts.now(), _ACTOR)
            return True

        if self._world.request("desk", answer):
            self.done["answers"] += 1

    def _forge(self) -> None:
        if not self.accepted:
            return
        number = self._random.choice(self.accepted).tracking
        if forged := forged_closing(self._world.parts, number, self._random):
            message, answer_id = forged
            self.forged.add(answer_id)
            self._world.publish(message)
            self.done["forged"] += 1

    def _correct(self) -> None:
        if len(self.accepted) < 2:
            return
        act = self._chosen(_STAFF_ACTS)
        if act == "forget":
            self._forget()
            return
        target, report = (each.tracking for each in self._random.sample([*self.accepted, *self.private], 2))
        kind: Literal["joins", "repeat"] = self._random.choice(("joins", "repeat"))

        def correct(parts: Parts) -> bool:
            with closing(parts.bus.producer()) as producer:
                corrections = Corrections(parts.engine, producer, parts.audit_log)
                if act == "split":
                    corrections.split(report, _ACTOR, _WHY, parts.now())
                else:
                    corrections.merge(target, report, kind, _ACTOR, _WHY, parts.now())
            return True

        if self._world.request("desk", correct):
            self.done[act] += 1

    def _forget(self) -> None:
        report = self._unforgotten()
        if report is None:
            return

        def forget(parts: Parts) -> bool:
            with closing(parts.bus.producer()) as producer:
                forgetting_requests(parts).forget(report.id, _ACTOR, _WHY, parts.now(), producer.publish)
            return True

        if self._world.request("desk", forget):
            self.forgotten.append(report)
            self.done["forget"] += 1

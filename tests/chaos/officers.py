"""Agencies that answer by their interface, and staff who merge, split and decide at triage, while faults happen."""

import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Any, Literal

import requests

from app.assembly.desk.api import build_agency_keys
from app.assembly.parts import Parts
from app.operations.corrections import Corrections
from app.operations.not_possible import NotPossible
from app.operations.triage import TriageDesk
from bus.errors import Retry
from config.database import DatabaseUnavailable, read_transaction
from desk.api.keys.scopes import SCOPES
from messages.topics import TRIAGE
from sinks.ledger.relations.current_relation import CurrentRelation, relations_by_number
from tests.chaos.citizens import Accepted

# Verdicts of agencies, and how often each one comes.
_VERDICTS: Mapping[str, int] = {"accepted": 30, "asked": 12, "responded": 18, "closed": 22, "refused": 18}
_STAFF_ACTS: Mapping[str, int] = {"merge": 45, "split": 25, "triage": 30}
_AGENCY_PAUSE_SECONDS, _STAFF_PAUSE_SECONDS = 0.4, 0.6
_TIMEOUT_SECONDS = 15
# Reports among which staff choose.
_REPORTS_IN_VIEW = 60
_ACTOR, _WHY = "Sari Wulandari", "uji coba gangguan"
# An act that a fault prevents is not made again: others follow.
_AWAY = (Retry, DatabaseUnavailable, requests.RequestException)


class Agencies(threading.Thread):
    """Programs of all agencies, which read their cases at the desk on `port` and answer them, until `stopping`."""

    def __init__(self, parts: Parts, port: int, seed: int, stopping: threading.Event) -> None:
        super().__init__(name=f"agencies-{port}")
        self._address = f"http://127.0.0.1:{port}/agency/v1"
        self._chooser = random.Random(seed)  # noqa: S311 - invented answers
        self._stopping = stopping
        self._agencies = sorted(set(parts.registry.agencies) - {TRIAGE})
        keys = build_agency_keys(parts, parts.audit_log.append)
        self._headers = {
            agency: {"Authorization": f"Bearer {keys.issue(agency, SCOPES, _ACTOR, _WHY)[1]}"}
            for agency in self._agencies
        }
        # Statuses of the answers' requests, by verdict and status.
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping.wait(self._chooser.uniform(0.0, _AGENCY_PAUSE_SECONDS)):
            with suppress(*_AWAY):
                self._answer_one()

    def _answer_one(self) -> None:
        agency = self._chooser.choice(self._agencies)
        cases = self._open_cases(agency)
        if not cases:
            return
        (verdict,) = self._chooser.choices(list(_VERDICTS), list(_VERDICTS.values()))
        answer = {"verdict": verdict, "text": f"Pesan {self._chooser.randrange(10**6)} dari petugas."}
        if verdict == "refused" and self._chooser.random() < 1 / 2:
            answer["suggested_agency"] = self._chooser.choice([code for code in self._agencies if code != agency])
        address = f"{self._address}/cases/{self._chooser.choice(cases)}/answers"
        response = requests.post(address, json=answer, headers=self._headers[agency], timeout=_TIMEOUT_SECONDS)
        self.answers[f"{verdict} {response.status_code}"] += 1

    def _open_cases(self, agency: str) -> list[str]:
        """Return the numbers of the agency's latest cases that it has not closed or refused."""
        numbers: dict[str, str] = {}
        cursor: str | None = ""
        while cursor is not None:
            parameters = {"limit": "200", **({"after": cursor} if cursor else {})}
            response = requests.get(
                f"{self._address}/cases", parameters, headers=self._headers[agency], timeout=_TIMEOUT_SECONDS
            )
            if not response.ok:
                return []
            page: dict[str, Any] = response.json()
            numbers |= {case["number"]: case["state"] for case in page["cases"]}
            cursor = page["next"]
        return [number for number, state in numbers.items() if state in {"terdisposisi", "proses", "tunda"}]


class Staff(threading.Thread):
    """Staff who merge and split reports and decide at triage, until `stopping`."""

    def __init__(self, parts: Parts, seed: int, accepted: Accepted, stopping: threading.Event) -> None:
        super().__init__(name="staff")
        self._parts = parts
        self._chooser = random.Random(seed)  # noqa: S311 - invented decisions
        self._accepted = accepted
        self._stopping = stopping
        self._agencies = sorted(set(parts.registry.agencies) - {TRIAGE})
        self.acts: Counter[str] = Counter()

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping.wait(self._chooser.uniform(0.0, _STAFF_PAUSE_SECONDS)):
            (act,) = self._chooser.choices(list(_STAFF_ACTS), list(_STAFF_ACTS.values()))
            try:
                if act == "triage":
                    self._decide()
                else:
                    self._correct(act)
                self.acts[act] += 1
            except NotPossible as error:
                self.acts[f"{act} {error.fault}"] += 1
            except _AWAY:
                self.acts[f"{act} away"] += 1

    def _correct(self, act: str) -> None:
        reports = [report for report in self._relations() if report.is_dispatched]
        cases = [report.tracking for report in reports if report.case_id == report.id]
        followers = [report.tracking for report in reports if report.case_id != report.id]
        if not followers or len(cases) < 2:
            return
        with closing(self._parts.bus.producer()) as producer:
            corrections = Corrections(self._parts.engine, producer, self._parts.audit_log)
            if act == "split":
                corrections.split(self._chooser.choice(followers), _ACTOR, _WHY, self._parts.now())
            else:
                target, number = self._chooser.sample(cases, 2)
                kind: Literal["joins", "repeat"] = self._chooser.choice(("joins", "repeat"))
                corrections.merge(target, number, kind, _ACTOR, _WHY, self._parts.now())

    def _relations(self) -> Sequence[CurrentRelation]:
        """Return the relations of some reports, as the ledger has them."""
        numbers = [report.number for report in self._accepted.reports()]
        chosen = self._chooser.sample(numbers, min(len(numbers), _REPORTS_IN_VIEW))
        with read_transaction(self._parts.engine) as connection:
            return list(relations_by_number(connection, chosen).values())

    def _decide(self) -> None:
        parts = self._parts
        desk = TriageDesk(
            parts.engine, parts.registry, parts.audit_log, parts.keys.answer_keys, parts.keys.answer_check
        )
        if not (cases := desk.undecided()):
            return
        number = self._chooser.choice(cases).triage_case.tracking
        with closing(parts.bus.producer()) as producer, closing(parts.bus.reader()) as reader:
            desk.decide(number, self._chooser.choice(self._agencies), _ACTOR, _WHY, parts.now(), producer, reader)

"""Proves numbers and mail addresses by codes. Each is stored as a keyed digest before it is sent, and never logged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from ingest.web.contact_proof.code_store import CodeStore, CodeToSend
from pages.refusals import Refused

# Sends a code to a contact. Raises `CodeNotSent` if it certainly was not sent.
SendCode = Callable[[CodeToSend], None]


class CodeNotSent(Exception):
    """The provider did not take the message."""


@dataclass(frozen=True, slots=True)
class ProvenContact:
    """A number or an address whose owner typed the code that was sent to it."""

    contact: str
    proven_at: datetime


class CodeProof:
    """Sends codes and checks them. `purpose` tells apart what a contact is proven for.

    A contact is a number (E.164), or a mail address with any letters: those of one mailbox in capitals are the same.
    The word of a purpose before the colon is its kind. Each kind has its own limits for a contact: codes for reports,
    which anybody can request for any number, do not lock its owner out of the own reports, and say nothing about them.
    `new_code` returns six digits that nobody can guess. `codes_per_day` limits the codes of the whole service.
    """

    def __init__(
        self,
        engine: Engine,
        key: bytes,
        send_code: SendCode,
        codes_per_day: int,
        new_id: Callable[[], UUID],
        new_code: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._codes = CodeStore(engine, key, codes_per_day)
        self._send_code = send_code
        self._new_id = new_id
        self._new_code = new_code
        self._now = now

    def start(self, contact: str, purpose: str) -> None:
        """Send a code. Raises `Refused`: above a limit with the waiting time, or if no code can be sent now."""
        code, now = CodeToSend(self._new_id(), contact, purpose, self._new_code()), self._now()
        self._codes.add(code, now)
        try:
            self._send_code(code)
        except CodeNotSent as error:
            # A code that nobody got does not count against its contact.
            self._codes.remove(code.id)
            raise Refused("code_unsent") from error

    def check(self, contact: str, purpose: str, typed: str) -> ProvenContact:
        """Return the proof if `typed` is the last code for this contact and purpose. A code proves once.

        Raises `Refused`: the code is wrong, or no code counts any more. Each wrong try is counted.
        """
        now = self._now()
        verdict = self._codes.check(contact, purpose, typed, now).verdict
        if verdict != "proven":
            raise Refused("code_wrong" if verdict == "wrong" else "code_over")
        return ProvenContact(contact, now)

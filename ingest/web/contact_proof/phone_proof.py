"""Proves phone numbers by codes in SMS. Each code is stored as a keyed digest before it is sent, and never logged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from ingest.code_sms import code_sms
from ingest.web.contact_proof.code_store import CodeStore, CodeToSend
from pages.refusals import Refused

# Sends an SMS to a number. Raises `CodeNotSent` if it certainly was not sent.
SendSms = Callable[[str, str], None]


class CodeNotSent(Exception):
    """The provider did not take the SMS."""


@dataclass(frozen=True, slots=True)
class ProvenPhone:
    """A number whose owner typed the code that was sent to it."""

    number: str
    proven_at: datetime


class PhoneProof:
    """Sends codes and checks them. `number` is always E.164; `purpose` tells apart what a number is proven for.

    The word of a purpose before the colon is its kind. Each kind has its own limits for a number: codes for reports,
    which anybody can request for any number, do not lock its owner out of the own reports, and say nothing about them.
    `new_code` returns six digits that nobody can guess. `codes_per_day` limits the codes of the whole service.
    """

    def __init__(
        self,
        engine: Engine,
        key: bytes,
        send_sms: SendSms,
        codes_per_day: int,
        new_id: Callable[[], UUID],
        new_code: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._codes = CodeStore(engine, key, codes_per_day)
        self._send_sms = send_sms
        self._new_id = new_id
        self._new_code = new_code
        self._now = now

    def start(self, number: str, purpose: str) -> None:
        """Send a code. Raises `Refused`: above a limit with the waiting time, or if no SMS can be sent now."""
        code, code_id, now = self._new_code(), self._new_id(), self._now()
        self._codes.add(CodeToSend(code_id, number, purpose, code), now)
        try:
            self._send_sms(number, code_sms(code))
        except CodeNotSent as error:
            # A code that nobody got does not count against its number.
            self._codes.remove(code_id)
            raise Refused("code_unsent") from error

    def check(self, number: str, purpose: str, typed: str) -> ProvenPhone:
        """Return the proof if `typed` is the last code for this number and purpose. A code proves once.

        Raises `Refused`: the code is wrong, or no code counts any more. Each wrong try is counted.
        """
        now = self._now()
        verdict = self._codes.check(number, purpose, typed, now).verdict
        if verdict != "proven":
            raise Refused("code_wrong" if verdict == "wrong" else "code_over")
        return ProvenPhone(number, now)

"""Proves phone numbers by codes in SMS. Each code is stored as a keyed digest before it is sent, and never logged."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, or_, select, update
from sqlmodel import col

from config.conditions import starts_with
from config.database import DatabaseLock, insert_statement, lock_until_commit, write_transaction
from ingest.code_sms import code_sms
from ingest.web.contact_proof.addresses import address_digest
from ingest.web.contact_proof.decision import DAY, CodeHistory, SentCode, judge_code, next_code_at
from ingest.web.contact_proof.tables import CodeRow
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
        self._engine = engine
        self._key = hmac.digest(key, b"contact proof", hashlib.sha256)
        self._send_sms = send_sms
        self._codes_per_day = codes_per_day
        self._new_id = new_id
        self._new_code = new_code
        self._now = now

    def start(self, number: str, purpose: str) -> None:
        """Send a code. Raises `Refused`: above a limit with the waiting time, or if no SMS can be sent now."""
        code, code_id, now = self._new_code(), self._new_id(), self._now()
        number_digest = address_digest(self._key, number)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.CONTACT_CODES)
            connection.execute(delete(CodeRow).where(col(CodeRow.made_at) < now - DAY))
            allowed_at = next_code_at(_history(connection, number_digest, purpose), self._codes_per_day, now)
            if allowed_at <= now:
                row = {
                    "id": code_id, "number_digest": number_digest, "purpose": purpose,
                    "code_digest": self._code_digest(code_id, code), "made_at": now, "tries": 0,
                }  # fmt: skip
                connection.execute(insert_statement(connection, CodeRow).values(row))
        if allowed_at > now:
            raise Refused("code_limit", retry_after=max(1, round((allowed_at - now).total_seconds())))
        try:
            self._send_sms(number, code_sms(code))
        except CodeNotSent as error:
            # A code that nobody got does not count against its number.
            with write_transaction(self._engine) as connection:
                connection.execute(delete(CodeRow).where(col(CodeRow.id) == code_id))
            raise Refused("code_unsent") from error

    def check(self, number: str, purpose: str, typed: str) -> ProvenPhone:
        """Return the proof if `typed` is the last code for this number and purpose. A code proves once.

        Raises `Refused`: the code is wrong, or no code counts any more. Each wrong try is counted.
        """
        digits = "".join(character for character in typed if character.isdigit())
        now = self._now()
        with write_transaction(self._engine) as connection:
            row = _last_code(connection, address_digest(self._key, number), purpose)
            sent = SentCode(row.code_digest, row.made_at, row.tries, row.used_at is not None) if row else None
            verdict = judge_code(sent, self._code_digest(row.id, digits) if row else "", now)
            if row and verdict != "over":
                changes = {"used_at": now} if verdict == "proven" else {"tries": row.tries + 1}
                connection.execute(update(CodeRow).where(col(CodeRow.id) == row.id).values(changes))
        if verdict != "proven":
            raise Refused("code_wrong" if verdict == "wrong" else "code_over")
        return ProvenPhone(number, now)

    def _code_digest(self, code_id: UUID, code: str) -> str:
        return hmac.digest(self._key, f"code:{code_id}:{code}".encode(), hashlib.sha256).hex()


def _history(connection: Connection, number_digest: str, purpose: str) -> CodeHistory:
    """Return the codes that are stored: those of the last day. To the number those for purposes of the same kind."""
    kind = purpose.partition(":")[0]
    is_of_kind = or_(col(CodeRow.purpose) == kind, starts_with(col(CodeRow.purpose), f"{kind}:"))
    to_number = (
        select(col(CodeRow.made_at))
        .where(col(CodeRow.number_digest) == number_digest, is_of_kind)
        .order_by(col(CodeRow.made_at).desc())
    )
    count, oldest = connection.execute(select(func.count(), func.min(col(CodeRow.made_at)))).one()
    return CodeHistory(connection.execute(to_number).scalars().all(), count, oldest)


def _last_code(connection: Connection, number_digest: str, purpose: str) -> Any:
    columns = CodeRow.__table__.columns  # type: ignore[attr-defined]  # SQLModel has no type for it
    query = (
        select(*columns)
        .where(col(CodeRow.number_digest) == number_digest, col(CodeRow.purpose) == purpose)
        .order_by(col(CodeRow.made_at).desc())
        .limit(1)
        .with_for_update()
    )
    return connection.execute(query).one_or_none()

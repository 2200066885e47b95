"""Stores the codes that were sent to contacts, as keyed digests, and counts the tries. Never logs a code."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, or_, select, update
from sqlmodel import col

from config.conditions import starts_with
from config.database import DatabaseLock, has_row, insert_statement, lock_until_commit, write_transaction
from ingest.web.contact_proof.addresses import address_digest
from ingest.web.contact_proof.decision import (
    DAY,
    MAX_TRIES,
    CodeHistory,
    CodeVerdict,
    SentCode,
    judge_code,
    next_code_at,
)
from ingest.web.contact_proof.tables import CodeRow
from pages.refusals import Refused


@dataclass(frozen=True, slots=True)
class CodeToSend:
    """A code for a contact: a number or a mail address. `purpose` tells apart what it is proven for."""

    id: UUID
    contact: str
    purpose: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """What became of a typed code. `id` and `purpose` are those of the code that it was compared with.

    `is_repeated`: it is the right one, which was used before.
    """

    verdict: CodeVerdict
    id: UUID | None = None
    purpose: str = ""
    is_repeated: bool = False


class CodeStore:
    """Codes of a purpose. The word of a purpose before the colon is its kind, and each kind has limits of its own.

    A contact is any text that is equal for each message of one telephone or mailbox. `codes_per_day` limits the codes
    of the whole service.
    """

    def __init__(self, engine: Engine, key: bytes, codes_per_day: int) -> None:
        self._engine = engine
        self._key = hmac.digest(key, b"contact proof", hashlib.sha256)
        self._codes_per_day = codes_per_day

    def add(self, code: CodeToSend, now: datetime) -> None:
        """Store a code that is to be sent. One with the same id stays as it is.

        Raises `Refused` above a limit, with the waiting time.
        """
        number_digest = address_digest(self._key, code.contact)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.CONTACT_CODES)
            connection.execute(delete(CodeRow).where(col(CodeRow.made_at) < now - DAY))
            if has_row(connection, select(col(CodeRow.id)).where(col(CodeRow.id) == code.id)):
                return
            allowed_at = next_code_at(_history(connection, number_digest, code.purpose), self._codes_per_day, now)
            if allowed_at <= now:
                row = {
                    "id": code.id, "number_digest": number_digest, "purpose": code.purpose,
                    "code_digest": self._digest(code.id, code.code), "made_at": now, "tries": 0,
                }  # fmt: skip
                connection.execute(insert_statement(connection, CodeRow).values(row))
        if allowed_at > now:
            raise Refused("code_limit", retry_after=max(1, round((allowed_at - now).total_seconds())))

    def remove(self, code_id: UUID) -> None:
        """Remove a code that was not sent: it counts against no limit."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(CodeRow).where(col(CodeRow.id) == code_id))

    def check(self, contact: str, purpose: str, typed: str, now: datetime, *, uses: bool = True) -> CheckedCode:
        """Compare what was typed with a contact's last code for a purpose, or for all purposes that begin with it.

        Each wrong try is counted. A right code proves once; with `uses=False` it still counts until `use`.
        """
        digits = "".join(character for character in typed if character.isdigit())
        with write_transaction(self._engine) as connection:
            row = _last_code(connection, address_digest(self._key, contact), purpose)
            if row is None:
                return CheckedCode("over")
            digest = self._digest(row.id, digits)
            sent = SentCode(row.code_digest, row.made_at, row.tries, row.used_at is not None)
            verdict = judge_code(sent, digest, now)
            if verdict == "wrong":
                _change(connection, row.id, {"tries": row.tries + 1})
            elif verdict == "proven" and uses:
                _change(connection, row.id, {"used_at": now})
        is_repeated = sent.is_used and sent.tries < MAX_TRIES and hmac.compare_digest(digest, sent.digest)
        return CheckedCode(verdict, row.id, row.purpose, is_repeated)

    def use(self, code_id: UUID, now: datetime) -> None:
        """Record that a code has proven its contact: it proves nothing more."""
        with write_transaction(self._engine) as connection:
            _change(connection, code_id, {"used_at": now})

    def _digest(self, code_id: UUID, code: str) -> str:
        return hmac.digest(self._key, f"code:{code_id}:{code}".encode(), hashlib.sha256).hex()


def _change(connection: Connection, code_id: UUID, changes: dict[str, object]) -> None:
    connection.execute(update(CodeRow).where(col(CodeRow.id) == code_id).values(changes))


def _history(connection: Connection, number_digest: str, purpose: str) -> CodeHistory:
    """Return the codes that are stored: those of the last day. To the number those for purposes of the same kind."""
    to_number = (
        select(col(CodeRow.made_at))
        .where(col(CodeRow.number_digest) == number_digest, _is_for(purpose.partition(":")[0]))
        .order_by(col(CodeRow.made_at).desc())
    )
    count, oldest = connection.execute(select(func.count(), func.min(col(CodeRow.made_at)))).one()
    return CodeHistory(connection.execute(to_number).scalars().all(), count, oldest)


def _is_for(purpose: str) -> ColumnElement[bool]:
    """Return the condition that a code is for a purpose, or for one whose name begins with it and a colon."""
    return or_(col(CodeRow.purpose) == purpose, starts_with(col(CodeRow.purpose), f"{purpose}:"))


def _last_code(connection: Connection, number_digest: str, purpose: str) -> Any:
    columns = CodeRow.__table__.columns  # type: ignore[attr-defined]  # SQLModel has no type for it
    query = (
        select(*columns)
        .where(col(CodeRow.number_digest) == number_digest, _is_for(purpose))
        .order_by(col(CodeRow.made_at).desc())
        .limit(1)
        .with_for_update()
    )
    return connection.execute(query).one_or_none()

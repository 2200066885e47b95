"""Keeps a form between the press of a button and the page that follows, so that this page has an address of its own.

After a POST the browser is redirected to that address. "Back" and a reload then ask for no second sending, also without
scripts. Whoever has the address reads the form: it is a secret like the sender's own link, and counts for an hour, or
until the report is sent. The address is the key of the stored form.

Each press has an address of its own, and none changes what an earlier one shows: who gave a person the address of a
form would else read there what that person typed.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, func, select
from sqlmodel import col

from config.database import read_transaction, write_transaction
from ingest.web.draft_tables import FormDraft
from messages.sealing import Sealed, SealingKey, UnsealError

# A page that is opened later is not there any more. The scripts' own draft, in the browser, has no such limit.
MAX_AGE = timedelta(hours=1)
# Bytes of a form. A longer one is answered without a redirect.
MAX_BYTES = 64_000
# With more of them, somebody fills the table: forms are answered without a redirect then.
_MAX_DRAFTS = 20_000
# Name of the key in the sealed text. It says nothing about the key.
_KEY_ID = "draft"


class FormDrafts:
    """Stored forms. `new_token` returns a secret for an address. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], new_token: Callable[[], str]) -> None:
        self._engine = engine
        self.now = now
        self._new_token = new_token

    def store(self, form_id: str, content: bytes) -> str:
        """Store a form; return the token of its address, or "" if there is no room for it."""
        if len(content) > MAX_BYTES:
            return ""
        token, now = self._new_token(), self.now()
        draft_id = _id(token)
        row = FormDraft(
            id=draft_id, form_digest=_digest(form_id), content=_key(token).seal(content, draft_id), stored_at=now
        )
        with write_transaction(self._engine) as connection:
            connection.execute(delete(FormDraft).where(col(FormDraft.stored_at) <= now - MAX_AGE))
            count = connection.execute(select(func.count()).select_from(FormDraft)).scalar_one()
            if count >= _MAX_DRAFTS:
                return ""
            connection.execute(FormDraft.__table__.insert(), row.model_dump())  # type: ignore[attr-defined]
        return token

    def find(self, token: str) -> bytes | None:
        """Return the form of an address; `None` if there is none, or not any more."""
        draft_id = _id(token)
        query = select(col(FormDraft.content)).where(
            col(FormDraft.id) == draft_id, col(FormDraft.stored_at) > self.now() - MAX_AGE
        )
        with read_transaction(self._engine) as connection:
            content = connection.execute(query).scalar_one_or_none()
        try:
            return _key(token).open(Sealed(content), draft_id) if content else None
        except UnsealError:
            return None

    def delete(self, form_id: str) -> None:
        """Delete everything of a form: its report was sent."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(FormDraft).where(col(FormDraft.form_digest) == _digest(form_id)))


def _id(token: str) -> UUID:
    return UUID(bytes=hashlib.sha256(b"id of a form\0" + token.encode()).digest()[:16])


def _key(token: str) -> SealingKey:
    return SealingKey(_KEY_ID, hashlib.sha512(b"key of a form\0" + token.encode()).digest())


def _digest(form_id: str) -> str:
    return hashlib.sha256(form_id.encode()).hexdigest()

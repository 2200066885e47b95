"""Table of forms that were not sent yet."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, kept


class FormDraft(SQLModel, table=True):
    """What somebody typed into the form and has not sent, for minutes.

    `content` is sealed with a key that only the address of the page has: neither the service nor a back-up can open it.
    `form_digest` is that of the form's random id.
    """

    __tablename__ = "web_form_draft"
    __table_args__ = declared(
        kept("sealed for an hour with a key that the service does not have"), retention="form-drafts"
    )

    id: UUID = Field(primary_key=True)
    form_digest: str = Field(index=True)
    content: str
    stored_at: datetime = Field(sa_type=UtcDateTime, index=True)

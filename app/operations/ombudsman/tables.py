"""Table of the files that were made for the Ombudsman."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, kept


class OmbudsmanExport(SQLModel, table=True):
    """A case whose file was made, with the person who made the first one."""

    __tablename__ = "ombudsman_export"
    __table_args__ = declared(
        kept("id and time of the file that was made; the file itself is listed for the officer"), retention="staff-acts"
    )

    complaint_id: UUID = Field(primary_key=True)
    exported_at: datetime = Field(sa_type=UtcDateTime)
    actor: str

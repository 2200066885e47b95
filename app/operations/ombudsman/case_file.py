"""The file of one case for the Ombudsman. `messages/schemas/ombudsman-case.v1.json` has its JSON Schema.

The Ombudsman's own system is outside. This shape is the interface: a field is added with a default, and any other
change is a new version.
"""

from typing import Literal
from uuid import UUID

from pydantic import Field

from messages.replies.report_states import ReportState
from messages.shapes import Channel, Moment, Report, Shape


class FileInstitution(Shape):
    """An institution, or `triage` for the service's own staff."""

    code: str
    name: str = Field(description="Empty for a code that is not in the registry any more.")


class FileSender(Shape):
    """The sender, opened from the seal with the sender's consent. Fields that the sender did not give are empty."""

    name: str
    phone: str
    email: str
    account: str = Field(description="Account on X.")
    hidden_from_institution: bool = Field(
        description="The report is anonymous: the institution does not know the sender. Law 37/2008, article 24, lets "
        "the Ombudsman keep the name secret."
    )


class FileConsent(Shape):
    """When the sender was asked, and when the sender agreed. `act_id` is the complaint by which the sender did so."""

    asked_at: Moment
    agreed_at: Moment
    act_id: UUID


class FileStep(Shape):
    """One step of the case. `step` is that of the public status, or the act of the sender.

    `text` are the words of the institution to the sender, or those of the sender.
    """

    at: Moment
    step: str
    institution: str
    text: str
    number: str = Field("", description="Number of the sender's later message that became a case, for its steps.")


class FileClock(Shape):
    """One deadline of the case. `ended_at` is null while somebody must act."""

    clock: str
    institution: str = Field(description="Code of the institution whose region has the time zone.")
    duty: str = Field(description="Who must act: triage, agency or sender.")
    days: int
    unit: str
    source: str = Field(description="The rule.")
    started_at: Moment
    due_at: Moment
    ended_at: Moment | None
    state: Literal["running", "paused", "met", "missed", "dropped"]
    times_overdue: int


class OmbudsmanCase(Shape):
    """A case that its sender hands over to the Ombudsman of Indonesia. Times are UTC."""

    format: Literal["satu-pintu/ombudsman-case"] = "satu-pintu/ombudsman-case"
    version: Literal[1] = 1
    exported_at: Moment
    number: str
    channel: Channel
    received_at: Moment
    state: ReportState
    topic: str
    region: str = Field(description="Official code of the place with dots, as far as it was found.")
    institution: FileInstitution
    consent: FileConsent
    sender: FileSender
    report: Report
    steps: tuple[FileStep, ...]
    clocks: tuple[FileClock, ...]

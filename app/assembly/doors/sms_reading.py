"""Lets the SMS doors read a message as the normalizer does."""

from collections.abc import Callable
from uuid import UUID

from app.assembly.doors.parts import DoorParts
from ingest.sms_outcome import SmsOutcome
from messages.payloads.sms import ParsedSms
from messages.shapes import Danger, RawMessage
from normalize.conversation.preview import MessagePreview
from normalize.readers.sms import sms_report


class PreviewedSms:
    """See `ingest.sms_outcome.SmsReader`. The tables are loaded for the first SMS, unless the process has them."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    @property
    def _preview(self) -> MessagePreview:
        return self._parts.message_preview

    def danger(self, sms: ParsedSms) -> Danger:
        """Return the danger to life that an SMS tells of."""
        return self._preview.danger(sms.text)

    def outcome(self, raw: RawMessage, sms: ParsedSms) -> SmsOutcome:
        """Return what becomes of an SMS. One without words is a report."""
        if not sms.text:
            return SmsOutcome()
        return SmsOutcome(*self._preview.outcome(raw, sms_report(sms, sms.text)))

    def latest_number(self, raw: RawMessage) -> str:
        """Return the number of the sender's latest report, "" without one."""
        return self._preview.latest_number(raw)


def sms_link(parts: DoorParts) -> Callable[[UUID], str] | None:
    """Return the function for the sender's own link in an SMS; `None` where phones cannot reach the service."""
    return parts.link_of if parts.settings.reached_at.startswith("https://") else None


def own_page(parts: DoorParts) -> str:
    """Return the address of the page of own reports in an SMS; "" where phones cannot reach the service."""
    address = parts.settings.reached_at
    return f"{address}/laporan-saya" if address.startswith("https://") else ""

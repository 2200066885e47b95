"""Builds the weekly report about reveals, with the mail to the data protection officer."""

import threading
from datetime import datetime, timedelta

from app.assembly.parts import Parts
from app.assembly.smtp import smtp_server
from app.operations.reveals.weekly_report import Counts, WeeklyRevealReport, counts_text
from desk.mail.message import Mail, mail_id
from desk.mail.smtp import SmtpClient

_LIFETIME = timedelta(days=7)


def reveal_report(parts: Parts, stopping: threading.Event) -> WeeklyRevealReport:
    """Return the weekly report. Without a mail server or the officer's address only the events are published."""
    settings = parts.settings

    def send(week: str, counts: Counts) -> bool:
        if not (settings.smtp_host and settings.operator_email):
            return True
        expires_at = parts.now() + _LIFETIME
        mail = _mail(settings.operator_email, week, counts, expires_at)
        result = SmtpClient(smtp_server(settings), parts.now).send(mail)
        # A refusal for good would repeat for ever; the events and `satupintu reveals` have the counts.
        return not result.error or result.permanent

    return WeeklyRevealReport(parts.audit_log, parts.bus, send, parts.now, stopping)


def _mail(to: str, week: str, counts: Counts, expires_at: datetime) -> Mail:
    lines = [f"{account}: {counts_text(by_kind)}" for account, by_kind in sorted(counts.items())]
    body = "\n".join(
        [
            f"Pembukaan data pribadi pelapor pada minggu {week}, menurut log audit:",
            "",
            *(lines or ["Tidak ada."]),
            "",
            "Rincian (tanpa data pelapor): satupintu reveals --since 14d",
        ]
    )
    subject = f"Pembukaan data pribadi, minggu {week}"
    return Mail(mail_id("reveals", week), "reveal-report", to, subject, body, expires_at)

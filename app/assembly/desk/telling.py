"""Builds what stores the news for agencies: the persons who are told, the webhooks, and the e-mails."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.assembly.parts import Parts
from desk.changes import PASSED_ON, CaseChange, OnChanges
from desk.escalation.escalation import Escalation
from desk.mail.notices import NoticeQueue
from desk.units.contributions import TellContribution
from desk.units.passing import TellUnits
from desk.webhooks.change_queue import ChangeQueue


def unit_teller(parts: Parts) -> TellUnits:
    """Return what stores the news for a unit that got a case, in the transaction of the step."""
    webhooks, tell = ChangeQueue(parts.now), teller(parts)

    def tell_units(connection: Connection, change: CaseChange, earlier_unit: str, unit: str) -> None:
        webhooks.add_passed(connection, change, earlier_unit, unit)
        if unit and unit != earlier_unit:
            tell(connection, [replace(change, kind="passed-on", reached=PASSED_ON)])

    return tell_units


def contribution_teller(parts: Parts) -> TellContribution:
    """Return what stores the news for a unit about a contribution, in the transaction of the act."""
    webhooks, notices, has_mail = ChangeQueue(parts.now), NoticeQueue(parts.now), bool(parts.settings.smtp_host)

    def tell_unit(connection: Connection, change: CaseChange, unit: str) -> None:
        webhooks.add_contribution(connection, change, unit)
        if has_mail:
            notices.add_contribution(connection, change, unit)

    return tell_unit


def teller(parts: Parts) -> OnChanges:
    """Return what stores what agencies are told of by desk, webhook and e-mail, in the transaction of the caller."""
    webhooks, notices, has_mail = ChangeQueue(parts.now), NoticeQueue(parts.now), bool(parts.settings.smtp_host)
    escalation = Escalation(parts.tables.escalation, parts.now, has_mail=has_mail)

    def on_changes(connection: Connection, changes: Sequence[CaseChange]) -> None:
        told = escalation.add(connection, changes)
        webhooks.add(connection, told.by_webhook)
        if has_mail:
            notices.add(connection, told.by_mail)

    return on_changes

"""The list of all tables, with the effect that forgetting a person has on each. A test fails for a missing table.

How long data stay without such a request is in `config/data/retention.csv`.

What is not in a table: records on topics stay until their retention ends (`leftovers.py` names them), and those that
the person's key sealed cannot be opened any more. A message in a spool is sealed; once it is published, the normalizer
sets it aside.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple


class Treatment(NamedTuple):
    """Effect on a table. `emptied`: the rows stay as numbers, without words and contacts."""

    effect: Literal["deleted", "emptied", "kept"]
    reason: str


def _deleted(reason: str) -> Treatment:
    return Treatment("deleted", reason)


def _emptied(reason: str) -> Treatment:
    return Treatment("emptied", reason)


def _kept(reason: str) -> Treatment:
    return Treatment("kept", reason)


_DIGESTS = _kept("keyed digests; without them a report that is sent again would be a second one")
_STAFF = _kept("persons who sign in, no sender")
_IDS = _kept("ids, times and codes")
_AGENCY = _kept("data of an agency, no sender")

TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {
        "account": _STAFF,
        "account_session": _STAFF,
        "account_pending_sign_in": _STAFF,
        "account_invitation": _STAFF,
        "account_sign_in_attempt": _STAFF,
        "account_second_factor": _STAFF,
        "account_recovery_code": _STAFF,
        "alembic_version": _kept("version of the tables"),
        "audit_log": _kept("acts of staff; a changed row would break the chain, and reasons name no citizen"),
        "desk_agency_setting": _AGENCY,
        "desk_act": _emptied("published answers; one that waits for the bus is emptied later"),
        "desk_answer": _emptied("words to the sender"),
        "desk_answer_outcome": _IDS,
        "desk_assignment": _emptied("reasons of officers"),
        "desk_case": _emptied("derived from the facts"),
        "desk_case_change": _IDS,
        "desk_complaint": _emptied("sealed contact"),
        "desk_correction": _emptied("reasons of staff"),
        "desk_dispatch": _emptied("the report"),
        "desk_holder": _kept("officers who have a case, no sender"),
        "desk_idempotency_key": _AGENCY,
        "desk_key": _AGENCY,
        "desk_mail": _kept("sealed, emptied when it is sent or expires; no row names a report"),
        "desk_mail_notice": _kept("number and time"),
        "desk_note": _deleted("notes of officers"),
        "desk_opening": _kept("ids and times"),
        "desk_recommendation": _emptied("words of overseers, and the answers of institutions"),
        "desk_search": _emptied("words of the case"),
        "desk_template": _AGENCY,
        "desk_webhook": _AGENCY,
        "desk_webhook_delivery": _kept("number, state and time; the body is made when it is sent"),
        "duplicate_decision": _kept("labelled pair of ids, without words"),
        "forgotten_sender": _kept("the tombstone: keyed hash and time"),
        "ingest_asked_for_more": _deleted("keyed hash of the sender"),
        "ingest_public_notice": _deleted("keyed hash of the sender"),
        "ingest_attachment": _deleted("files that only this person's reports name"),
        "ingest_cursor": _kept("counters and positions"),
        "ingest_device": _emptied("push token; the registration stays, so that the app is not signed out"),
        "ingest_device_message": _deleted("list of own reports in the app"),
        "ingest_device_sequence": _kept("numbers; without them a report that is sent again would be a second one"),
        "ingest_idempotency_key": _DIGESTS,
        "ingest_open311_request": _kept("number, service and keyed digest of the app's key"),
        "ingest_sms_answer": _kept("sealed, for hours"),
        "ingest_sms_part": _kept("sealed, until its message is complete"),
        "ingest_upload": _deleted("uploads of the person's devices"),
        "ingest_upload_part": _deleted("uploads of the person's devices"),
        "ingest_lease": _kept("one row for the process that reads X"),
        "ingest_x_post": _deleted("sealed id of the post"),
        "ledger_answer": _emptied("words to the sender"),
        "ledger_answer_outcome": _IDS,
        "ledger_complaint": _emptied("title, text and sealed contact"),
        "ledger_correction": _emptied("reasons of staff"),
        "ledger_dispatch": _emptied("sentences of the reasons, which may quote the report"),
        "ledger_queue_day": _kept("numbers of cases"),
        "ledger_set_aside": _kept("number, reason and time"),
        "ledger_suggestion": _kept("pair of ids and names of features"),
        "ledger_closed_case": _kept("pair of ids"),
        "ledger_ombudsman": _IDS,
        "normalize_closed": _IDS,
        "normalize_decision": _kept("relation by ids; without it a message delivered again would be decided again"),
        "normalize_key": _kept("keyed hashes of words and places, no sender"),
        "normalize_limit": _IDS,
        "normalize_matter": _deleted("sealed comparable form"),
        "normalize_ombudsman_question": _IDS,
        "normalize_seen": _deleted("digests of texts"),
        "normalize_revision": _kept("one number"),
        "router_partition": _kept("offsets of the bus"),
        "service_key": _kept("the id of a key of the service"),
        "normalize_sender_report": _deleted("reports by sender"),
        **dict.fromkeys(
            (
                "oversight_answer",
                "oversight_answer_outcome",
                "oversight_case",
                "oversight_clock",
                "oversight_consent",
                "oversight_correction",
                "oversight_day",
                "oversight_dispatch",
                "oversight_hand_over",
                "oversight_notice",
                "oversight_pair_day",
                "oversight_rebuild",
                "oversight_recommendation",
                "oversight_report",
            ),
            _kept("figures: ids, times and codes"),
        ),
        "ombudsman_export": _kept("id and time of the file that was made; the file itself is listed for the officer"),
        "person_key": _emptied("retired at once, destroyed after the grace"),
        "person_report": _kept("ids and keyed hash: the list of what must not be written again"),
        "public_release": _kept("ids and times of officers' decisions"),
        "public_report": _deleted("masked words"),
        "replies_outbox": _emptied("words; what was not sent is withheld"),
        "replies_recipient": _deleted("sealed contact"),
        "replies_unreachable": _kept("keyed hash of an address that must not get messages"),
        "replies_way": _kept("pause of a provider"),
        "router_answer": _IDS,
        "router_belonging": _IDS,
        "router_correction": _IDS,
        "router_dispatch": _emptied("the report"),
        "router_kept_apart": _IDS,
        "web_contact": _deleted("sealed number and address"),
        "web_contact_code": _kept("keyed digest of a number that counts for minutes"),
    }
)

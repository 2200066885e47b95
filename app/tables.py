"""Every table of the service, with its declaration. A module that declares a table is listed here.

All other lists of tables are made of this one.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from accounts import tables as accounts
from app.operations.audit import rows as audit_log
from app.operations.duplicates import tables as duplicate_decisions
from app.operations.ombudsman import tables as ombudsman
from cases.facts import tables as case_facts
from cases.pictures import tables as case_pictures
from cases.words import tables as case_words
from config.table_declaration import DECLARATION, TableDeclaration, declared, kept
from desk.acts import tables as desk_acts
from desk.api import tables as desk_api
from desk.escalation import tables as desk_escalation
from desk.mail import tables as desk_mail
from desk.read_model import search
from desk.read_model import tables as desk
from desk.units import tables as desk_units
from desk.webhooks import tables as webhooks
from ingest import door_store
from ingest.files import attachments
from ingest.mobile import tables as mobile
from ingest.smpp import acknowledgements, part_store
from ingest.twitter import lease, recent_posts
from ingest.web import draft_tables as web_drafts
from ingest.web.contact_proof import tables as web_contacts
from ingest.web.open311 import store as open311
from normalize import decision_store, revision
from normalize.conversation import tables as conversation
from normalize.duplicates.store import tables as duplicates
from oversight.notices import tables as oversight_notices
from oversight.pages import coaching_notes
from oversight.read_model import tables as oversight
from privacy import tables as privacy
from router import answer_store, kept_apart
from router import partitions as router_partitions
from router import store as router
from router.lifecycle import division as router_divisions
from sinks.ledger import tables as ledger
from sinks.public import tables as public
from sinks.replies import tables as replies

# Importing a module registers its tables with SQLModel.
MODULES = (
    accounts,
    privacy,
    audit_log,
    duplicate_decisions,
    ombudsman,
    door_store,
    attachments,
    mobile,
    acknowledgements,
    part_store,
    lease,
    recent_posts,
    open311,
    web_contacts,
    web_drafts,
    decision_store,
    revision,
    conversation,
    duplicates,
    router,
    router_partitions,
    router_divisions,
    answer_store,
    kept_apart,
    case_facts,
    case_words,
    case_pictures,
    ledger,
    public,
    replies,
    desk,
    desk_acts,
    desk_units,
    desk_escalation,
    desk_api,
    webhooks,
    desk_mail,
    oversight,
    oversight_notices,
    coaching_notes,
)
METADATA: MetaData = SQLModel.metadata
# Tables without a model: that of Alembic, and the index of words, whose form differs between the databases.
_WITHOUT_MODEL = {
    "alembic_version": declared(kept("version of the tables"), retention="operation"),
    "desk_search": search.SEARCH_DECLARATION,
}


class UndeclaredTableError(Exception):
    """A table has no declaration. The text says what to write."""


def declarations(metadata: MetaData = METADATA) -> Mapping[str, TableDeclaration]:
    """Return the declarations of all tables, by name. Raises `UndeclaredTableError`."""
    infos = {name: arguments["info"] for name, arguments in _WITHOUT_MODEL.items()}
    infos |= {name: table.info for name, table in metadata.tables.items()}
    for name, info in infos.items():
        if DECLARATION not in info:
            raise UndeclaredTableError(
                f'The table {name} has no declaration. Write `__table_args__ = (…, declared(kept("…"), '
                'retention="…"))` in its class (`config/table_declaration.py`): what forgetting a person does with '
                "its rows and why, and its class of data in `retention.csv`; then run `make tables`."
            )
    return MappingProxyType({name: infos[name][DECLARATION] for name in sorted(infos)})

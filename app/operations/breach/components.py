"""Which classes of data each component could have shown: by the items of the retention table."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

from config.reference.retention import RetentionRow, RetentionTable

Component: TypeAlias = Literal["door-host", "database", "bus", "desk-account", "webhook", "backup"]

# Beginnings of the items that a component has. A door has the requests in clear while it handles them.
_ITEMS: Mapping[Component, tuple[str, ...]] = MappingProxyType(
    {
        "door-host": ("topic:raw-", "file:spool.db", "file:secrets.json", "file:*.log"),
        "database": ("table:", "file:satupintu.db", "file:satupintu-keys.db"),
        "bus": ("topic:", "file:bus.db"),
        "desk-account": (
            *("table:case_words", "table:desk_case", "table:desk_note", "table:desk_contribution"),
            *("table:ingest_attachment", "table:case_answer_picture", "table:desk_template"),
        ),
        "webhook": ("table:desk_webhook_delivery",),
        "backup": ("table:", "topic:", "file:", "archive:", "backup:"),
    }
)
# Components that open seals: a door before it seals, the desk for the officer who has the case, and a back-up of the
# data folder, which has the secrets.
_OPENS_SEALS: frozenset[Component] = frozenset({"door-host", "desk-account", "backup"})


def shown_classes(component: Component, table: RetentionTable) -> Sequence[RetentionRow]:
    """Return the classes of which the component has an item."""
    prefixes = _ITEMS[component]
    return [row for row in table.rows if any(item.startswith(prefixes) for item in row.items)]


def is_readable(component: Component, row: RetentionRow) -> bool:
    """Return whether somebody with the component, and no key from elsewhere, could have read the data of a class."""
    return row.form != "sealed" or component in _OPENS_SEALS

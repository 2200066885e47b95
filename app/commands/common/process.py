"""Parts of the process that runs a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.commands.common.arguments import require_actor_and_reason

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from config.settings import Settings


@contextmanager
def open_parts(change: Callable[[Settings], Settings] | None = None) -> Iterator[Parts]:
    """Open the parts with the settings of the environment, which `change` may replace, and configure logging."""
    from app.assembly.channels import CHANNELS
    from app.assembly.parts import Parts
    from app.surroundings import system_surroundings
    from config import logs
    from config.settings import load

    settings = change(load()) if change else load()
    logs.configure(settings.log_level, settings.log_format)
    parts = Parts(settings, CHANNELS, system_surroundings())
    try:
        yield parts
    finally:
        parts.close()


@contextmanager
def open_parts_with_tables() -> Iterator[Parts]:
    """Open the parts, with the database migrated."""
    from app.assembly.migrate import migrate

    with open_parts() as parts:
        migrate(parts.engine)
        yield parts


@contextmanager
def open_parts_for_action(actor: str, reason: str, option: str = "--why") -> Iterator[Parts]:
    """Open the parts for an action of a person, with actor and reason checked and the audit log's table there."""
    require_actor_and_reason(actor, reason, option)
    with open_parts_with_tables() as parts:
        yield parts

"""Command that lists the institutions with their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.assembly.parts import Parts


def agencies(
    name: Annotated[str, typer.Argument(help="A name, a part of it, or a code. Without it: all.")] = "",
    as_json: Json = False,
) -> None:
    """List the institutions with a queue and their codes: all of them, or those that a name may mean."""
    from app.commands.common.process import open_parts
    from app.commands.common.terminal import print_rows, stop

    with open_parts() as parts:
        institutions = parts.registry.agencies
        codes = _fitting_codes(parts, name) if name else list(institutions)
    if not codes:
        stop(f"No agency has a name like {name}. Without a name, all are listed.", 1)
    rows = [{"code": code, "name": institutions[code].name, "acronym": institutions[code].acronym} for code in codes]
    print_rows(("code", "name", "acronym"), rows, ("code",), as_json=as_json)


def _fitting_codes(parts: Parts, typed: str) -> Sequence[str]:
    """Return the codes that contain the typed text, then those of the institutions that a name may mean."""
    from app.commands.common.agencies import find_by_name

    institutions = parts.registry.agencies
    by_code = [code for code in institutions if typed.strip().lower() in code]
    return list(dict.fromkeys((*by_code, *find_by_name(parts, typed, institutions))))

"""Prepares the parts of a process without loading tables and creating topics again for each test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.surroundings import Surroundings
from config.settings import Settings
from router.registry.registry import Registry
from tests.support.databases import Databases
from tests.support.fixed_source import FixedSource

# Registries by the content of the operator's tables.
_REGISTRIES: dict[str, Registry] = {}


@contextmanager
def opened_parts(settings: Settings, database: Databases, surroundings: Surroundings) -> Iterator[Parts]:
    """Yield the parts of a process, with an engine of the lent database of these settings."""
    parts = Parts(settings, CHANNELS, surroundings)
    with database.opened(settings.database) as engine:
        # As if the parts had opened it.
        parts.core.engine = engine
        yield parts
        parts.audit_heads.close()


def create_topics(parts: Parts, templates: Path) -> None:
    """Create the topics. If the data folder has no embedded bus yet, copy one with these topics from `templates`."""
    tables = _tables_digest(parts.settings.reference_folder)
    if tables not in _REGISTRIES:
        _REGISTRIES[tables] = parts.registry
    # As if the parts had loaded it: they keep what they loaded.
    vars(parts.tables)["registries"] = FixedSource(_REGISTRIES[tables])
    file, template = parts.settings.home / "bus.db", templates / f"bus-{tables}.db"
    if parts.settings.bus != "local" or file.exists():
        parts.ensure_topics()
    elif template.exists():
        shutil.copy(template, file)
    else:
        parts.ensure_topics()
        shutil.copy(file, template)


def _tables_digest(folder: Path | None) -> str:
    """Return a digest of the operator's tables."""
    digest = sha256()
    for path in sorted(folder.glob("*.csv")) if folder else ():
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]

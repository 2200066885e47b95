"""Prepares the parts of a process without loading tables and creating databases again for each test."""

import shutil
from hashlib import sha256
from pathlib import Path

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from config.reference.reloading import FixedSource
from router.registry.registry import Registry

# Registries by the content of the operator's tables.
_REGISTRIES: dict[str, Registry] = {}


def migrate_database(parts: Parts, migrated: Path) -> None:
    """Migrate the database. If the data folder has none yet, copy the file `migrated`: a fiftieth of the time."""
    settings = parts.settings
    file = settings.home / "satupintu.db"
    if settings.database_url.get_secret_value() or file.exists():
        migrate(parts.engine)
    else:
        shutil.copy(migrated, file)


def create_topics(parts: Parts, templates: Path) -> None:
    """Create the topics. If the data folder has no embedded bus yet, copy one with these topics from `templates`."""
    tables = _tables_digest(parts.settings.reference_folder)
    if tables not in _REGISTRIES:
        _REGISTRIES[tables] = parts.registry
    # As if the parts had loaded it: they keep what they loaded.
    vars(parts)["registries"] = FixedSource(_REGISTRIES[tables])
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

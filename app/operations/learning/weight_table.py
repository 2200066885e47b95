"""Writes the table of weights into the operator's folder of tables, and keeps the former one."""

import csv
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.operations.recorder import Recorder
from config.reference.folder import SHIPPED_FOLDER, ReferenceFolder
from router.rules_loading import EVIDENCE_WEIGHTS
from router.scoring import THRESHOLD_ROW, Weights, load_weights

FORMER = "former"
_ACTION = "rules.learn"
_HASH_DIGITS = 12


class ShippedTablesError(Exception):
    """The tables in use are the shipped ones. The next version of the service would replace what is written there."""

    def __init__(self) -> None:
        super().__init__(
            "The tables in use are the shipped ones. Copy config/data/agencies.csv into a folder of your own and name "
            "it in SATUPINTU_REFERENCE_FOLDER, then run this again."
        )


def write_weights(
    folder: ReferenceFolder, weights: Weights, version: str, log: Recorder, actor: str, why: str, at: datetime
) -> Path:
    """Replace the weights of an operator's folder in one step; return the copy of the former table.

    `version` is that of the rules until now. The act is recorded first. Raises `ShippedTablesError`, `TableError`,
    `OSError` and the errors of the audit log.
    """
    if folder.path.resolve() == SHIPPED_FOLDER.resolve():
        raise ShippedTablesError
    content = _table({**weights.by_kind, THRESHOLD_ROW: weights.threshold})
    with NamedTemporaryFile("w", encoding="utf-8", dir=folder.path, prefix=".", suffix=".csv", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new_file = Path(file.name)
    try:
        load_weights(new_file)
        digest = sha256(content.encode()).hexdigest()[:_HASH_DIGITS]
        log.append(_ACTION, f"{EVIDENCE_WEIGHTS} {version} {digest}", actor, why, at)
        former_file = _keep(folder.table(EVIDENCE_WEIGHTS), folder.path / FORMER, version)
        # As readable as the table that it replaces.
        shutil.copymode(former_file, new_file)
        new_file.replace(folder.path / EVIDENCE_WEIGHTS)
    finally:
        new_file.unlink(missing_ok=True)
    return former_file


def _table(values: Mapping[str, float]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("sign", "weight"))
    writer.writerows(values.items())
    return text.getvalue()


def _keep(table: Path, folder: Path, version: str) -> Path:
    """Copy a table into a folder, under the version of the rules that it belongs to."""
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(table, folder / f"{table.stem}-{version}{table.suffix}"))

"""Rotation of the root key: wraps every person's key again under the current root key, batch by batch.

An interrupted rotation is repeated: keys that the current root key wraps are left alone. The service runs meanwhile,
and the keys themselves do not change, so no sealed text does.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from messages.sealing import UnsealError
from privacy.key_store import KeyStore, WrappedKey
from privacy.root_keys import MissingRootKeyError, RootKeys

_KEYS_PER_TRANSACTION = 500


@dataclass(slots=True)
class RotationReport:
    """Result of a rotation. `missing` counts the keys of each root key that this process lacks; `damaged` are ids."""

    root_key_id: str
    rewrapped: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True if the current root key wraps every key that can be wrapped."""
        return not self.missing and not self.damaged


def rotate(
    store: KeyStore, root_keys: RootKeys, on_batch: Callable[[int], object], batch: int = _KEYS_PER_TRANSACTION
) -> RotationReport:
    """Wrap all keys again. `on_batch` gets the number of keys so far after each transaction.

    Raises `DatabaseUnavailable`.
    """
    current = root_keys.current
    report, last_id = RotationReport(current.id), ""
    while keys := store.wrapped_by_others(current.id, last_id, batch):
        last_id = keys[-1].key_id
        changes = [(key, rewrapped) for key in keys if (rewrapped := _rewrapped(key, root_keys, report))]
        report.rewrapped += store.rewrap(changes)
        on_batch(report.rewrapped)
    return report


def _rewrapped(key: WrappedKey, root_keys: RootKeys, report: RotationReport) -> WrappedKey | None:
    current = root_keys.current
    try:
        secret = root_keys.find(key.root_key_id).unwrap(key.wrapped, key.key_id)
    except MissingRootKeyError as error:
        report.missing[str(error)] += 1
        return None
    except UnsealError:
        report.damaged.append(key.key_id)
        return None
    return key._replace(wrapped=current.wrap(secret, key.key_id), root_key_id=current.id)

"""Keys of persons on a database, with root keys and a clock that a test sets."""

from dataclasses import dataclass, field
from secrets import token_bytes

from sqlalchemy import Engine

from app.threads import system_threads
from messages.sealing import Sealer
from privacy.bounded_call import BoundedCall
from privacy.key_store import KeyStore
from privacy.person_keys import PersonKeys, PersonSealer
from privacy.root_keys import RootKey, RootKeys
from tests.conftest import NOW

SHARED = b"s" * 64
OLD, NEW = "tahun-2025:" + "0a" * 32, "tahun-2026:" + "0b" * 32
# No call of a test may fail because the machine is busy.
_PATIENT_SECONDS = 60.0


@dataclass
class KeyProcess:
    """Keys as one process has them. `roots` is the operator's list, which a test may change."""

    engine: Engine
    roots: str = OLD
    clock: float = 0.0
    patience: float = _PATIENT_SECONDS
    root_keys: RootKeys = field(init=False)
    keys: PersonKeys = field(init=False)
    sealer: Sealer = field(init=False)

    def __post_init__(self) -> None:
        """Open the keys."""
        self.root_keys = RootKeys(lambda: self.roots, [RootKey("derived-test", b"d" * 32)], lambda: self.clock)
        call: BoundedCall[None] = BoundedCall(
            lambda: self.clock, self.patience, 5.0, 1, system_threads().start_background
        )
        self.keys = PersonKeys(self.store, self.root_keys, lambda: NOW, lambda: self.clock, call, token_bytes)
        self.sealer = PersonSealer([SHARED], self.keys)

    @property
    def store(self) -> KeyStore:
        """The table of this database."""
        return KeyStore(self.engine)

"""The keys of persons in this process, and the sealer with a key for each person.

Keys are loaded or made when they are needed, and cached for a short time. Texts of no person, and those sealed without
a database, have the shared key.

The cache is the reason for `MAX_CACHE_SECONDS`: a key that was retired may seal until then, and one that was destroyed
may open until then.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import structlog

from config.database import DatabaseUnavailable
from messages.sealing import (
    PERSON_KEY_PREFIX,
    ForgottenKeyError,
    Sealed,
    Sealer,
    SealingKey,
    UnknownKeyError,
    UnsealError,
    person_key_id,
    person_key_ids,
)
from privacy.batched_call import BatchedCall
from privacy.bounded_call import CallNotAnswered, PausingCall
from privacy.key_store import KeyStore, WrappedKey
from privacy.root_keys import MissingRootKeyError, RootKeys

MAX_CACHE_SECONDS = 300.0
_CACHED_KEYS = 20_000
# A key that is prepared for a batch lives at least so long.
_BATCH_SECONDS = 60.0
_SECRET_BYTES = 64
_ID_BYTES = 16

_log = structlog.get_logger()
V = TypeVar("V")


class PersonKeys:
    """Keys by sender and by id.

    `call` bounds the wait of `for_sealing` and `prepare_soon`; all other methods wait for the database.
    """

    def __init__(
        self,
        store: KeyStore,
        root_keys: RootKeys,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        call: PausingCall[None],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._root_keys = root_keys
        self._now = now
        self._make_soon = BatchedCall(self._make, call)
        self._random_bytes = random_bytes
        self._by_id: ExpiringCache[SealingKey] = ExpiringCache(_CACHED_KEYS, MAX_CACHE_SECONDS, monotonic)
        self._by_sender: ExpiringCache[SealingKey] = ExpiringCache(_CACHED_KEYS, MAX_CACHE_SECONDS, monotonic)

    @property
    def root_key_ids(self) -> Sequence[str]:
        """Ids of the root keys of this process."""
        return self._root_keys.ids

    def for_sealing(self, sender: str) -> SealingKey | None:
        """Return the key of a sender; `None` if it cannot be had in time. Then a door seals with the shared key."""
        if key := self._by_sender.get(sender):
            return key
        self.prepare_soon([sender])
        return self._by_sender.get(sender)

    def prepare_soon(self, senders: Iterable[str]) -> None:
        """Have the keys of these senders in the cache, if they can be had in time."""
        missing = {sender for sender in senders if self._by_sender.get(sender) is None}
        if not missing:
            return
        try:
            self._make_soon(missing)
        except (CallNotAnswered, DatabaseUnavailable, UnsealError) as error:
            _log.warning("person_key.unavailable", error=type(error).__name__, cause=str(error))

    def prepare(self, senders: Iterable[str]) -> None:
        """Load the active keys of these senders and make those that are missing, whatever is cached.

        A sender whose stored key is damaged is left out: one row must not stop the messages of everybody else. Raises
        `DatabaseUnavailable` and `MissingRootKeyError`.
        """
        chosen = set(senders)
        if not chosen:
            return
        stored = self._store.active(chosen)
        new_senders = chosen - {key.sender for key in stored}
        self._remember(stored)
        if new_senders:
            self._make(new_senders)

    def _make(self, senders: Collection[str]) -> None:
        """Make keys for these senders, and cache them. A sender who has a key keeps it."""
        root_key, new_keys = self._root_keys.current, {}
        for sender in senders:
            random = self._random_bytes(_ID_BYTES + _SECRET_BYTES)
            key_id, secret = person_key_id(random[:_ID_BYTES]), random[_ID_BYTES:]
            new_keys[WrappedKey(key_id, sender, root_key.wrap(secret, key_id), root_key.id)] = secret
        for key in self._store.add(list(new_keys), self._now()):
            if secret_of_new := new_keys.get(key):
                sealing_key = SealingKey(key.key_id, secret_of_new)
                self._by_id.put(key.key_id, sealing_key)
                self._by_sender.put(key.sender, sealing_key)
            else:
                self._remember([key])

    def _remember(self, stored: Iterable[WrappedKey]) -> None:
        for wrapped in stored:
            try:
                self._by_sender.put(wrapped.sender, self._unwrapped(wrapped))
            except MissingRootKeyError:
                raise
            except UnsealError as error:
                _log.warning("person_key.unavailable", error=type(error).__name__, cause=str(error))

    def load(self, key_ids: Iterable[str]) -> None:
        """Load the keys with these ids. Ids that are not stored, or cannot be unwrapped, are left out.

        Raises `DatabaseUnavailable`.
        """
        missing = {key_id for key_id in key_ids if self._by_id.get(key_id, _BATCH_SECONDS) is None}
        if not missing:
            return
        for wrapped in self._store.by_ids(missing):
            try:
                self._unwrapped(wrapped)
            except UnsealError:
                continue

    def for_opening(self, key_id: str) -> SealingKey:
        """Return the key with this id.

        Raises `ForgottenKeyError`, `UnknownKeyError` (also for a missing root key) and `DatabaseUnavailable`.
        """
        if key := self._by_id.get(key_id):
            return key
        for wrapped in self._store.by_ids([key_id]):
            return self._unwrapped(wrapped)
        raise UnknownKeyError(key_id)

    def forget(self, senders: Collection[str], key_ids: Collection[str]) -> None:
        """Drop keys from the cache of this process."""
        for sender in senders:
            self._by_sender.drop(sender)
        for key_id in key_ids:
            self._by_id.drop(key_id)

    def _unwrapped(self, key: WrappedKey) -> SealingKey:
        if not key.wrapped:
            raise ForgottenKeyError(key.key_id)
        if cached := self._by_id.get(key.key_id, _BATCH_SECONDS):
            return cached
        sealing_key = SealingKey(key.key_id, self._root_keys.find(key.root_key_id).unwrap(key.wrapped, key.key_id))
        self._by_id.put(key.key_id, sealing_key)
        return sealing_key


class ExpiringCache(Generic[V]):
    """Values by text, for several threads. An entry lives for `seconds`; of more than `size`, the oldest use goes."""

    def __init__(self, size: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._size = size
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, name: str, min_seconds_left: float = 0.0) -> V | None:
        """Return the value; `None` if there is none that lives for at least `min_seconds_left` more."""
        with self._lock:
            stored_at, value = self._entries.get(name, (0.0, None))
            if value is None or self._monotonic() - stored_at >= self._seconds - min_seconds_left:
                return None
            self._entries.move_to_end(name)
            return value

    def put(self, name: str, value: V) -> None:
        """Store a value. Its life begins now."""
        with self._lock:
            self._entries[name] = self._monotonic(), value
            self._entries.move_to_end(name)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self, name: str) -> None:
        """Remove a value."""
        with self._lock:
            self._entries.pop(name, None)


class PersonSealer(Sealer):
    """See `Sealer`. `keys` are the shared keys.

    `open` and the `prepare` methods may raise `DatabaseUnavailable`. `seal_for` does not: it seals with the shared key
    if the person's key cannot be had in time.
    """

    def __init__(self, keys: Sequence[bytes], person_keys: PersonKeys) -> None:
        super().__init__(keys)
        self._person_keys = person_keys

    @property
    def key_ids(self) -> Collection[str]:
        """Ids of the shared keys and of the root keys: an `UnknownKeyError` names one or the other."""
        return {*super().key_ids, *self._person_keys.root_key_ids}

    def seal_for(self, sender: str, plain: bytes, message: UUID) -> Sealed:
        """Return `plain` sealed with the key of this sender, or with the shared key if there is none in time."""
        key = self._person_keys.for_sealing(sender)
        return key.seal(plain, message) if key else self.seal(plain, message)

    def prepare_soon(self, senders: Iterable[str]) -> None:
        """Load or make the keys of these senders in one transaction, if that does not take too long."""
        self._person_keys.prepare_soon(senders)

    def prepare_opening(self, values: Iterable[bytes]) -> None:
        """Load the persons' keys that these records name, in one query."""
        self._person_keys.load(person_key_ids(values))

    def prepare_sealing(self, senders: Iterable[str]) -> None:
        """Load or make the keys of these senders, in one query."""
        self._person_keys.prepare(senders)

    def _find_key(self, key_id: str) -> SealingKey:
        if key_id.startswith(PERSON_KEY_PREFIX):
            return self._person_keys.for_opening(key_id)
        return super()._find_key(key_id)

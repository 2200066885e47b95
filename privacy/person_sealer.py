"""Sealer with a key for each person. Texts of no person, and those sealed without a database, have the shared key."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from messages.sealing import PERSON_KEY_PREFIX, Sealed, Sealer, SealingKey, person_key_ids
from privacy.person_keys import PersonKeys


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

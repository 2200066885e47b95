"""Keys of persons, of the service and of the agencies, and what seals and checks with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import UUID

from app.assembly.core import Core

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from messages.answer_check import AnswerCheck, AnswerKeys
    from messages.sealing import Sealer
    from privacy.key_store import KeyStore
    from privacy.person_keys import PersonKeys
    from privacy.root_keys import RootKeys

# How long a door waits for the key of a person; then it seals with the shared key. After a failure it does so at once
# for a while.
_KEY_SECONDS, _KEY_PAUSE_SECONDS, _KEY_CALLS_AT_ONCE = 1.5, 5.0, 8


class Keys:
    """Keys of one process."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def sealer(self) -> Sealer:
        """The sealer of identities and providers' bytes, with a key for each person."""
        from privacy.person_keys import PersonSealer

        return PersonSealer(self._core.secrets.seal_keys, self.person_keys)

    @cached_property
    def own_key_id(self) -> str:
        """The id of the shared key with which this process seals."""
        from messages.sealing import shared_key_id

        return shared_key_id(self._core.secrets.seal_keys[0])

    def is_own_key_known(self) -> bool:
        """Return True if the database knows the key with which this process seals. Raises `DatabaseUnavailable`."""
        from privacy.service_keys import known_keys

        return any(key.key_id == self.own_key_id for key in known_keys(self._core.engine))

    def register_own_key(self) -> None:
        """Register the key of this process if the database knows none.

        Raises `WrongSecretKey` if it knows others, and `DatabaseUnavailable`.
        """
        from privacy.service_keys import register

        register(self._core.engine, self.own_key_id, self._core.settings.instance, self._core.now())

    @cached_property
    def root_keys(self) -> RootKeys:
        """The root keys that the settings name. Raises `SettingsError` if they cannot be read."""
        from privacy.root_keys import open_root_keys

        secrets = self._core.secrets
        return open_root_keys(
            self._core.settings, secrets.wrap_key, self._core.clock.monotonic, secrets.other_wrap_keys
        )

    @cached_property
    def person_keys(self) -> PersonKeys:
        """The keys of persons."""
        from privacy.bounded_call import BoundedCall, PausingCall
        from privacy.person_keys import PersonKeys

        call: PausingCall[None] = PausingCall(self._core.clock.monotonic, _KEY_SECONDS, _KEY_PAUSE_SECONDS)
        if self.key_engine is self._core.engine:
            call = BoundedCall(
                self._core.clock.monotonic,
                _KEY_SECONDS,
                _KEY_PAUSE_SECONDS,
                _KEY_CALLS_AT_ONCE,
                self._core.threads.start_background,
            )
        monotonic, random_bytes = self._core.clock.monotonic, self._core.randomness.random_bytes
        return PersonKeys(self.key_store, self.root_keys, self._core.now, monotonic, call, random_bytes)

    @cached_property
    def key_engine(self) -> Engine:
        """The database of the persons' keys: on SQLite a file of its own, so that doors do not wait for stages."""
        from app.database import open_key_database

        return open_key_database(self._core.engine, _KEY_SECONDS)

    @cached_property
    def key_store(self) -> KeyStore:
        """The stored keys of persons."""
        from privacy.key_store import KeyStore

        return KeyStore(self.key_engine)

    @cached_property
    def answer_keys(self) -> AnswerKeys:
        """The keys by which agencies authenticate their answers."""
        from messages.answer_check import AnswerKeys

        return AnswerKeys(self._core.secrets.answer_key, self._core.settings.answer_keys)

    @cached_property
    def answer_check(self) -> AnswerCheck:
        """The check of agencies' answers."""
        from messages.answer_check import AnswerCheck

        return AnswerCheck(self.answer_keys)

    @cached_property
    def link_of(self) -> Callable[[UUID], str]:
        """The sender's own link to the report of a raw message."""
        from messages.sender_link import sender_link

        return partial(sender_link, self._core.settings.reached_at, self._core.secrets.link_key)

    def short_link_of(self, tracking: str) -> str:
        """Return the short form of the sender's own link, for paper."""
        from messages.sender_link import short_token

        return f"{self._core.settings.reached_at}/l/{short_token(tracking, self._core.secrets.link_key)}"

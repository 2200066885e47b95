"""The shared keys that the database knows by their ids: every process of a service has the same secret key.

The first process that is ready registers the id of its own key. A process with another key would seal what no stage
opens, and would derive other ids and tracking numbers, so it does not start.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, inspect
from sqlmodel import col, select

from bus.errors import Stop
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from config.row_insertion import insert_rows
from privacy.tables import ServiceKey


class WrongSecretKey(Stop):
    """This process has another secret key than the service to which its database belongs."""


def known_keys(engine: Engine) -> Sequence[ServiceKey]:
    """Return the keys that the database knows; none before its first start. Raises `DatabaseUnavailable`."""
    with read_transaction(engine) as connection:
        if not inspect(connection).has_table(str(ServiceKey.__tablename__)):
            return ()
        return _read(connection)


def must_be_known(known: Sequence[ServiceKey], key_id: str) -> None:
    """Raise `WrongSecretKey` if a database that knows keys does not know this one."""
    if not known or any(key.key_id == key_id for key in known):
        return
    names = ", ".join(f"{key.key_id} (registered {key.registered_at:%Y-%m-%d} by {key.instance})" for key in known)
    raise WrongSecretKey(
        f"this process has the secret key {key_id}, and the database knows {names}. Set SATUPINTU_SECRET_KEY as the "
        "other processes of this service have it, or copy their secrets.json into this data folder. If the key was "
        "changed on purpose: docs/operations.md, “Another secret key”"
    )


def register(engine: Engine, key_id: str, instance: str, now: datetime) -> None:
    """Register the first key of a database. Raises `WrongSecretKey` if it knows others, and `DatabaseUnavailable`."""
    if not (known := known_keys(engine)):
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.SERVICE_KEYS)
            # Another process may have registered its own meanwhile.
            if not (known := _read(connection)):
                _insert(connection, key_id, instance, now)
    must_be_known(known, key_id)


def adopt(engine: Engine, key_id: str, instance: str, now: datetime) -> Sequence[str]:
    """Let the database know this key and no other. Return the ids that it knew. Raises `DatabaseUnavailable`."""
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.SERVICE_KEYS)
        former_ids = [key.key_id for key in _read(connection)]
        connection.execute(delete(ServiceKey))
        _insert(connection, key_id, instance, now)
    return former_ids


def _insert(connection: Connection, key_id: str, instance: str, now: datetime) -> None:
    insert_rows(connection, ServiceKey, [{"key_id": key_id, "instance": instance, "registered_at": now}])


def _read(connection: Connection) -> Sequence[ServiceKey]:
    query = select(ServiceKey.key_id, ServiceKey.instance, ServiceKey.registered_at).order_by(col(ServiceKey.key_id))
    return [ServiceKey(**row._asdict()) for row in connection.execute(query)]

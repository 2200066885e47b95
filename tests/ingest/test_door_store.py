"""The tables of the doors, on each kind of database."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from ingest.door_store import DoorStore


def test_a_key_belongs_to_its_first_payload(engine: Engine) -> None:
    """The same payload may come again; another one under the key is refused, also at the same moment."""
    store = DoorStore(engine)
    payloads = ["first", "second", "first"]
    assert [store.claim_idempotency_key("key", payload) for payload in payloads] == [True, False, True]
    with ThreadPoolExecutor(4) as pool:
        claims = pool.map(lambda number: store.claim_idempotency_key("other key", str(number)), range(4))
        assert sorted(claims) == [False, False, False, True]

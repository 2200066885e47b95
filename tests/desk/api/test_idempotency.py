"""Keys of answers, on each kind of database."""

import pytest
from sqlalchemy import Engine

from desk.api.idempotency import IdempotencyKeys
from desk.api.problems import ApiError
from tests.conftest import NOW


def test_only_the_first_request_of_a_key_finds_it_free(engine: Engine) -> None:
    """By that alone a refused request releases its key, and the corrected one may come."""
    keys = IdempotencyKeys(engine, lambda: NOW)
    assert [keys.claim("kemkes", "key", "payload") for _ in range(2)] == [True, False]
    with pytest.raises(ApiError):
        keys.claim("kemkes", "key", "other payload")
    keys.release("kemkes", "key")
    assert keys.claim("kemkes", "key", "other payload")

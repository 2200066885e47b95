"""The sender's own link: it leads to one message, and cannot be made without the key."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.sender_link import read_sender_token, sender_token

KEY = b"k" * 32
MESSAGE = UUID("00000000-0000-8000-8000-0000000000a1")


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_a_token_leads_to_its_message(message: UUID, key: bytes) -> None:
    """The token of a message is read back, in any case of letters."""
    token = sender_token(message, key)
    assert len(token) == 40
    assert read_sender_token(token, key) == message
    assert read_sender_token(token.upper(), key) == message


def test_a_token_of_another_key_leads_nowhere() -> None:
    """Only the service's key makes a link."""
    assert read_sender_token(sender_token(MESSAGE, b"x" * 32), KEY) is None


@pytest.mark.parametrize("position", [0, 12, 25, 26, 39])
def test_a_changed_symbol_leads_nowhere(position: int) -> None:
    """No part of a token can be changed, neither the id nor the authenticator."""
    token = sender_token(MESSAGE, KEY)
    changed = "2" if token[position] != "2" else "3"
    assert read_sender_token(token[:position] + changed + token[position + 1 :], KEY) is None


@pytest.mark.parametrize("token", ["", "a", "0" * 40, "é" * 40, "0" * 39, "0" * 41, "u" * 40])
def test_other_text_leads_nowhere(token: str) -> None:
    """Text of any other form is no token."""
    assert read_sender_token(token, KEY) is None

"""The sender's own link: it leads to one message, and cannot be made without the key."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.sender_link import read_sender_token, read_short_token, sender_token, short_token
from messages.tracking import tracking_number

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


def test_a_short_link_is_typed_from_paper() -> None:
    """Six groups of four: the number, and what only the key gives. Case, separators and look-alikes do not matter."""
    number = tracking_number(MESSAGE, b"n" * 32)
    token = short_token(number, KEY)
    assert re.fullmatch(rf"{number}(-[0-9A-HJKMNP-TV-Z]{{4}}){{3}}", token)
    typed = token.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert [read_short_token(text, KEY) for text in (token, token.replace("-", ""), typed)] == [number] * 3


@pytest.mark.parametrize("position", [0, 5, 13, 20, -1])
def test_a_changed_short_link_is_wrong(position: int) -> None:
    """Also one of another key, the number alone, and the long form."""
    token = short_token(tracking_number(MESSAGE, b"n" * 32), KEY)
    symbols = list(token.replace("-", ""))
    symbols[position] = "2" if symbols[position] != "2" else "3"
    number = token[:14]
    wrong = ("".join(symbols), number, f"{number}-{'é' * 12}", f"{token}2", sender_token(MESSAGE, KEY), "")
    assert [read_short_token(text, KEY) for text in wrong] == [None] * len(wrong)
    assert read_short_token(token, b"x" * 32) is None
    assert read_sender_token(token, KEY) is None

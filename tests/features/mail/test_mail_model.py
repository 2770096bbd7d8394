"""Addresses as people type them, and links that prove who read a mail."""

from __future__ import annotations

from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.features.mail.model import (
    LONGEST_ADDRESS,
    Purpose,
    Subscription,
    checked_address,
    is_link_token,
    link_token,
)

KNOWN = Subscription(7, 3, "reader@elsewhere.example", "fr", 1, None)


@pytest.mark.parametrize(
    "text", ["reader@elsewhere.example", "  Reader+news@ELSEWHERE.example\n", "o'neil@a.b.example"]
)
def test_addresses(text: str) -> None:
    assert checked_address(text) == text.strip().lower()


@given(
    st.text(max_size=300)
    | st.from_regex(r"\A[^@]{1,70}@[^@]{1,260}\Z")
    | st.from_regex(r"\A[a-z.,<>\"' ]{1,9}@[a-z0-9.-]{1,12}\Z")
)
def test_whatever_is_typed_is_one_address_or_refused(text: str) -> None:
    try:
        email = checked_address(text)
    except Invalid:
        return
    assert len(email) <= LONGEST_ADDRESS
    assert email.isascii()
    assert email.count("@") == 1
    assert not set(email) & set(' \r\n\t,;:<>()[]"\\')
    assert checked_address(email) == email


def test_what_is_taken_fits_into_a_header() -> None:
    assert Address(addr_spec=checked_address("!#$%&'*+/=?^_`{|}~-@a.example")).domain == "a.example"


def test_a_link_is_good_for_one_purpose_person_and_address() -> None:
    secret, token = b"1" * 32, link_token(b"1" * 32, Purpose.CONFIRM, KNOWN)
    assert is_link_token(secret, Purpose.CONFIRM, KNOWN, token)
    others = Subscription(8, 3, KNOWN.email, "fr", 1, None)
    moved = Subscription(7, 3, "other@elsewhere.example", "fr", 1, None)
    assert not is_link_token(secret, Purpose.UNSUBSCRIBE, KNOWN, token)
    assert not is_link_token(secret, Purpose.CONFIRM, others, token)
    assert not is_link_token(secret, Purpose.CONFIRM, moved, token)
    assert not is_link_token(b"2" * 32, Purpose.CONFIRM, KNOWN, token)


@given(st.text(max_size=80))
def test_no_other_text_is_a_token(given: str) -> None:
    assert not is_link_token(b"1" * 32, Purpose.CONFIRM, KNOWN, given)

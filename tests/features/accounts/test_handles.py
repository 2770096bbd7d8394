"""Handles as people write them, and which one WebFinger is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.urls import HTTPS_ONLY
from fedrse.features.accounts.model_handles import Handle, read_claim
from fedrse.features.accounts.model_import import claimed_handle
from tests.features.cast import remote_actor


@given(st.text(max_size=60))
def test_handles_are_read_or_refused(text: str) -> None:
    handle = read_claim(text)
    if handle is not None:
        assert read_claim(handle.resource) == handle
        assert handle.username.isascii()


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("amina@Corp.Example", Handle("amina", "corp.example")),
        ("@amina@corp.example", Handle("amina", "corp.example")),
        ("acct:amina@localhost:8401", Handle("amina", "localhost:8401")),
        ("amina@münchen.example", Handle("amina", "xn--mnchen-3ya.example")),
        ("amina", None),
        ("amina@", None),
        ("@@corp.example", None),
        ("a mina@corp.example", None),
        ("amina@corp.example@x", None),
        ("amina@corp.example/x", None),
    ],
)
def test_handles(text: str, handle: Handle | None) -> None:
    assert read_claim(text) == handle


def test_which_handle_webfinger_is_asked_about() -> None:
    assert claimed_handle(remote_actor("ben", webfinger="ben@corp.example"), HTTPS_ONLY) == (
        "ben",
        "corp.example",
    )
    assert claimed_handle(remote_actor("ben"), HTTPS_ONLY) == ("ben", "nantes.corp.example")
    assert claimed_handle({"type": "Note"}, HTTPS_ONLY) is None

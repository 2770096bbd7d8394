"""Codes of the protocol in plain words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fedrse.activitypub
from fedrse.activitypub.refusals import Refusal
from fedrse.features.sites.model_reasons import REASONS, plain_reason
from fedrse.web.languages import Languages

PROTOCOL = Path(fedrse.activitypub.__file__).parent
# What is raised while it is found out who sent a message, and before anything is done with it.
CHECKS = ("inbox", "remote_keys")
CODE = re.compile(r'\(\s*"((?:key|proof|actor|id|type|object)_[a-z_]+)",')
LANGUAGES = Languages()


def codes() -> set[str]:
    found = {refusal.value for refusal in Refusal}
    for name in CHECKS:
        found |= set(CODE.findall((PROTOCOL / f"{name}.py").read_text()))
    return found


def test_each_check_of_a_message_has_words() -> None:
    assert {"signature_wrong", "key_unreachable", "actor_not_signer"} <= codes()
    assert sorted(codes() - set(REASONS)) == []


@pytest.mark.parametrize("code", sorted(REASONS))
def test_words_are_in_both_languages(code: str) -> None:
    said = REASONS[code]
    assert said.endswith(".")
    assert LANGUAGES.gettext("fr", said) != said
    assert code not in said


@pytest.mark.parametrize(
    ("noted", "begins"),
    [
        ("signature_wrong", "Its signature is wrong"),
        ("signature_wrong: of https://a.example/actor", "Its signature is wrong"),
        ("HTTP 410", "The address of its inbox is gone"),
        ("No connection to a.example: Connection refused", "Nobody answers"),
        ("a.example did not answer in time", "It did not answer in time"),
        ("something nobody has thought of", ""),
        ("", ""),
    ],
)
def test_a_reason_as_it_was_noted(noted: str, begins: str) -> None:
    words = plain_reason(noted)
    assert words.startswith(begins)
    assert bool(words) is bool(begins)

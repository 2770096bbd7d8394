"""Keys as actors publish them, and how one is found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.key_documents import (
    find_key,
    multikey_document,
    public_key_document,
    usable_keys,
)
from fedrse.activitypub.keys import KeyAlgorithm, SigningKey, generate_ed25519
from fedrse.core.errors import Unauthenticated

NOW = 1_768_467_600_000
ACTOR = "https://lyon.corp.example/ap/u/1"
MAIN = f"{ACTOR}#main-key"
MULTIKEY = f"{ACTOR}#ed25519-1"
MULTIBASE = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"


@pytest.fixture
def actor(rsa_key: SigningKey, ed25519_key: SigningKey) -> dict[str, Any]:
    public = ed25519_key.public()
    assert not isinstance(public, type(rsa_key.public()))
    return {
        "id": ACTOR,
        "type": "Person",
        "publicKey": public_key_document(MAIN, ACTOR, rsa_key.public()),
        "assertionMethod": [multikey_document(MULTIKEY, ACTOR, public)],
    }


def verdict(document: Any, key_id: str = MAIN) -> str:
    try:
        find_key(document, key_id, NOW)
    except Unauthenticated as error:
        return error.code
    return "ok"


def test_multikey_of_the_reference(actor: dict[str, Any]) -> None:
    assert actor["assertionMethod"] == [
        {
            "id": MULTIKEY,
            "type": "Multikey",
            "controller": ACTOR,
            "publicKeyMultibase": MULTIBASE,
        }
    ]


def test_found(actor: dict[str, Any], rsa_key: SigningKey, ed25519_key: SigningKey) -> None:
    main = find_key(actor, MAIN, NOW)
    assert (main.key_id, main.owner, main.public) == (MAIN, ACTOR, rsa_key.public())
    multikey = find_key(actor, MULTIKEY, NOW)
    assert multikey.algorithm is KeyAlgorithm.ED25519
    assert multikey.public == ed25519_key.public()
    assert [key.key_id for key in usable_keys(actor, NOW)] == [MAIN, MULTIKEY]
    assert verdict(actor, ACTOR) == "key_not_found"
    assert verdict(actor, MAIN + "2") == "key_not_found"


def test_one_or_a_list(actor: dict[str, Any]) -> None:
    actor["publicKey"] = [f"{ACTOR}#elsewhere", actor["publicKey"]]
    actor["assertionMethod"] = actor["assertionMethod"][0]
    assert verdict(actor) == "ok"
    assert verdict(actor, MULTIKEY) == "ok"
    actor["publicKey"] = [{}] * 100 + [actor["publicKey"][1]]
    assert verdict(actor) == "key_not_found"  # nobody needs so many


def test_without_an_owner_the_actor_owns_it(actor: dict[str, Any]) -> None:
    del actor["publicKey"]["owner"]
    assert find_key(actor, MAIN, NOW).owner == ACTOR


def test_bare_key_document(actor: dict[str, Any]) -> None:
    key = {"@context": "https://w3id.org/security/v1", **actor["publicKey"]}
    # The claim has one side only: the caller fetches the owner and looks there.
    found = find_key(key, MAIN, NOW)
    assert found.owner == ACTOR
    assert found.owner != key["id"]
    assert verdict({**key, "owner": "https://evil.example/u"}) == "key_foreign"
    assert verdict({**key, "owner": {"id": ACTOR}}) == "ok"
    assert verdict({name: value for name, value in key.items() if name != "owner"}) == (
        "key_malformed"
    )


def test_actor_stub_of_gotosocial(actor: dict[str, Any]) -> None:
    key_id = f"{ACTOR}/main-key"
    stub = {
        "id": ACTOR,
        "type": "Person",
        "publicKey": {**actor["publicKey"], "id": key_id},
    }
    assert verdict(stub, key_id) == "ok"
    assert find_key({**stub, "id": key_id}, key_id, NOW).owner == ACTOR


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"owner": "https://lyon.corp.example/ap/u/2"}, "key_foreign"),
        ({"owner": "https://evil.example/u"}, "key_foreign"),
        ({"owner": "http://lyon.corp.example/ap/u/1"}, "key_foreign"),
        ({"owner": "https://lyon.corp.example:8443/ap/u/1"}, "key_foreign"),
        ({"owner": "nonsense"}, "key_foreign"),
        ({"owner": 5}, "ok"),
        ({"publicKeyPem": None}, "key_malformed"),
        ({"publicKeyPem": "x"}, "key_malformed"),
        ({"publicKeyPem": None, "publicKeyMultibase": MULTIBASE}, "ok"),
        ({"revoked": "2026-01-01T00:00:00Z"}, "key_revoked"),
        ({"revoked": "2027-01-01T00:00:00Z"}, "ok"),
        ({"revoked": True}, "key_revoked"),
        ({"expires": "2026-01-01T00:00:00Z"}, "key_revoked"),
        ({"expires": "2027-01-01T00:00:00Z"}, "ok"),
        ({"expires": "soon"}, "key_revoked"),
    ],
)
def test_changed_keys(actor: dict[str, Any], change: dict[str, Any], code: str) -> None:
    actor["publicKey"] |= change
    assert verdict(actor) == code


def test_foreign_documents(actor: dict[str, Any]) -> None:
    assert verdict({**actor, "id": "https://evil.example/u"}) == "key_foreign"
    # A neighbour on the same host lists the key of the actor.
    assert verdict({**actor, "id": "https://lyon.corp.example/ap/u/2"}) == "key_foreign"
    assert verdict({**actor, "id": None}) == "key_foreign"
    foreign = "https://evil.example/key"
    actor["publicKey"]["id"] = foreign
    assert verdict(actor, foreign) == "key_foreign"


def test_unusable_keys_are_left_out(actor: dict[str, Any]) -> None:
    second = multikey_document(f"{ACTOR}#ed25519-2", ACTOR, generate_ed25519().public_key())
    actor["assertionMethod"] += [
        {"id": f"{ACTOR}#p256", "controller": ACTOR, "publicKeyMultibase": "zDnaerx9CtbPJ1q36T5"},
        {**second, "controller": "https://evil.example/u"},
        {**second, "id": 7},
        second,
        "https://lyon.corp.example/keys/1",
    ]
    assert [key.key_id for key in usable_keys(actor, NOW)] == [MAIN, MULTIKEY, second["id"]]


JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from([MAIN, ACTOR, MULTIBASE, "x", 5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "owner",
                    "controller",
                    "publicKey",
                    "assertionMethod",
                    "publicKeyPem",
                    "publicKeyMultibase",
                    "revoked",
                    "expires",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "publicKey", "assertionMethod", "owner"]), JSON))
def test_any_document(document: dict[str, Any]) -> None:
    assert verdict(document).startswith("key_") or find_key(document, MAIN, NOW).owner
    assert all(key.owner for key in usable_keys(document, NOW))

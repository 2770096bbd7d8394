"""draft-cavage-12: how the header is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.cavage import parse_cavage
from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.activitypub.signed_request import SignatureScheme
from fedrse.core.errors import Unauthenticated
from tests.activitypub.cavage.sender import BODY, DATE, DIGEST, NOW, Receive


def test_parsed(rsa_key: SigningKey) -> None:
    parsed = parse_cavage(
        'keyId="https://a.example/#k", Algorithm="x", algorithm="hs2019",created=12, expires="34",'
        'headers="(request-target) (created) (expires) Host X-Other",signature="AQID"'
    )
    assert parsed.scheme is SignatureScheme.CAVAGE
    assert parsed.key_id == "https://a.example/#k"
    assert parsed.algorithm == "hs2019"
    assert parsed.components == ("(request-target)", "(created)", "(expires)", "host", "x-other")
    assert (parsed.created, parsed.expires, parsed.signature) == (12, 34, b"\1\2\3")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "signature_malformed"),
        ("junk", "signature_malformed"),
        ('keyId="k"', "signature_malformed"),
        ('headers="date",signature="AQID"', "signature_malformed"),
        ('keyId="",signature="AQID"', "signature_malformed"),
        ('keyId="k",signature=""', "signature_malformed"),
        ('keyId="k",signature="?"', "signature_malformed"),
        ('keyId="k",keyId="l",signature="AQID"', "signature_malformed"),
        ('keyId="k" signature="AQID"', "signature_malformed"),
        ('keyId="k,signature="AQID"', "signature_malformed"),
        ('keyId="k",headers="date date",signature="AQID"', "signature_malformed"),
        ('keyId="k",headers="date  host",signature="AQID"', "component_unsupported"),
        ('keyId="k",headers="",signature="AQID"', "component_unsupported"),
        ('keyId="k",headers="(secret)",signature="AQID"', "component_unsupported"),
        ('keyId="k",headers="da:te",signature="AQID"', "component_unsupported"),
        ('keyId="k",created=now,signature="AQID"', "signature_malformed"),
        ('keyId="k",created=1.5,signature="AQID"', "signature_malformed"),
        ('keyId="k",created=007,signature="AQID"', "signature_malformed"),
        ('keyId="k",created=9999999999999,signature="AQID"', "signature_malformed"),
        ('keyId="k",created="-1",signature="AQID"', "signature_malformed"),
        (f'keyId="k",signature="{"A" * 1500}"', "signature_malformed"),
        (f'keyId="{"k" * 2049}",signature="AQID"', "signature_malformed"),
        ('keyId="k",signature="AQID"' + ",x=1" * 2000, "signature_malformed"),
        (
            'keyId="k",' + ",".join(f"x{n}=1" for n in range(17)) + ',signature="AQID"',
            "signature_malformed",
        ),
        (
            f'keyId="k",headers="{" ".join(f"x{n}" for n in range(33))}",signature="AQID"',
            "signature_malformed",
        ),
    ],
)
def test_malformed(header: str, code: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        parse_cavage(header)
    assert caught.value.code == code


HEADER = st.text('keyIdalgorithmheaderssignature="(),. =+/AQ1é\\', max_size=120) | st.builds(
    lambda parts: ",".join(f'{name}="{value}"' for name, value in parts),
    st.lists(
        st.tuples(
            st.sampled_from(["keyId", "algorithm", "headers", "signature", "created", "expires"]),
            st.sampled_from(["hs2019", "date host", "(created)", "AQID", "17", ""]) | st.text(),
        ),
        max_size=6,
    ),
)


@given(header=HEADER)
def test_any_header(header: str, receive: Receive, ed25519_key: SigningKey) -> None:
    public = VerifyKey("k", "https://lyon.corp.example/ap/u/1", ed25519_key.public())
    fields: dict[str, Any] = {"Signature": header, "Date": DATE, "Digest": DIGEST}
    request = receive("POST", "/inbox", fields, BODY)
    with pytest.raises(Unauthenticated):
        verify(parse_signature(request), request, public, NOW)


@given(st.permutations(['keyId="k"', 'headers="date"', 'algorithm="hs2019"', 'signature="YWJj"']))
def test_the_order_of_parameters_means_nothing(parameters: list[str]) -> None:
    known = parse_cavage('keyId="k",algorithm="hs2019",headers="date",signature="YWJj"')
    assert parse_cavage(",".join(parameters)) == known
    assert parse_cavage(", ".join(parameters)) == known


@given(
    st.lists(st.sampled_from(['keyId="k",', 'signature="YWJj', '"', ",", "x", '",b="']), max_size=9)
)
def test_where_the_signature_stands_changes_no_rule(pieces: list[str]) -> None:
    """Read with the signature at the end, and with an unknown parameter behind it."""
    header = "".join(pieces)

    def outcome(text: str) -> object:
        try:
            return parse_cavage(text)
        except Unauthenticated as error:
            return error.code

    assert outcome(header) == outcome(f'{header.removesuffix(",")},z="1"'), header

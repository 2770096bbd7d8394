"""RFC 9421: how the headers are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.http_signatures import parse_signature, verify
from fedrse.activitypub.keys import SigningKey, VerifyKey
from fedrse.core.errors import Unauthenticated
from tests.activitypub.rfc9421.sender import ACTOR, BODY, INPUT, KEY_ID, NOW, Receive, Sender


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (f';keyid="{KEY_ID}"', "signature_malformed"),
        (";created=1768467600", "signature_malformed"),
        (';created=1768467600;keyid=""', "signature_malformed"),
        (f';created="1768467600";keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=1768467600.0;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=-1;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created;keyid="{KEY_ID}"', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce=1', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce="{"n" * 257}"', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";expires=x', "signature_malformed"),
        (f';created=1768467600;keyid="{KEY_ID}";expires=1768467900', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";nonce="abc";tag="fedrse-s2s"', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";tag="of-another-application"', "ok"),
        (f';created=1768467600;keyid="{KEY_ID}";new-parameter=?1', "ok"),
        (f'; keyid="{KEY_ID}";  created=1768467600', "ok"),  # copied, never written anew
        (f';created=01768467600;keyid="{KEY_ID}"', "ok"),
    ],
)
def test_parameters(sender: Sender, parameters: str, code: str) -> None:
    assert sender.verdict(sender.request(parameters=parameters)) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('("@method" "@method" "@target-uri")', "signature_malformed"),
        ('("@method" "@Target-URI")', "signature_malformed"),
        ('(@method "@target-uri")', "signature_malformed"),
        ('("@method" method)', "signature_malformed"),
        ('("@method" 1)', "signature_malformed"),
        ('("@method" "@target-uri" "@status")', "component_unsupported"),
        ('("@method" "@target-uri" "@query-param";name="a")', "component_unsupported"),
        ('("@method" "@target-uri" "@signature-params")', "component_unsupported"),
        ('("@method" "@target-uri" "date";sf)', "component_unsupported"),
        ('("@method" "@target-uri" "date";req)', "component_unsupported"),
        ('("@method" "@target-uri" "x-none")', "component_missing"),
        ('"@method"', "signature_malformed"),
        ("(" + " ".join(f'"x{n}"' for n in range(33)) + ")", "signature_malformed"),
    ],
)
def test_components(sender: Sender, written: str, code: str) -> None:
    headers = {
        "Signature-Input": f'sig1={written};created=1768467600;keyid="{KEY_ID}"',
        "Signature": "sig1=:AQID:",
    }
    assert sender.verdict(sender.receive("GET", "/", headers)) == code


@pytest.mark.parametrize(
    ("inputs", "signatures", "code"),
    [
        ("", "sig1=:AQID:", "signature_malformed"),
        ("junk(", "sig1=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", "junk(", "signature_malformed"),
        (f"sig1{INPUT}", "sig2=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=AQID", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=::", "signature_malformed"),
        (f"sig1{INPUT}", "sig1=(:AQID:)", "signature_malformed"),
        (f"sig1{INPUT}", f"sig1=:{'A' * 1500}:", "signature_malformed"),
        (f"sig1{INPUT}, sig1{INPUT}", "sig1=:AQID:", "signature_malformed"),
        (f"sig1{INPUT}", 'keyId="k",signature="AQID"', "signature_malformed"),
        (f"a{INPUT}, b{INPUT}", "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f'a{INPUT};tag="x", b{INPUT};tag="y"', "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f'a{INPUT}, b{INPUT};tag="fedrse-s2s"', "a=:AQID:, b=:AQID:", "signature_ambiguous"),
        (f"sig1{INPUT}" + " " * 9000, "sig1=:AQID:", "signature_malformed"),
    ],
)
def test_malformed(sender: Sender, inputs: str, signatures: str, code: str) -> None:
    headers = {"Signature-Input": inputs, "Signature": signatures}
    assert sender.verdict(sender.receive("GET", "/", headers)) == code


def test_signatures_of_other_applications_are_passed_over(sender: Sender) -> None:
    good = sender.request()
    for other in (f'proxy{INPUT};tag="proxy"', 'proxy=();tag="proxy"'):
        request = sender.receive("POST", "/inbox", dict(good.headers), BODY)
        request.headers.add("Signature-Input", other)  # type: ignore[union-attr]
        request.headers.add("Signature", "proxy=:AQID:")  # type: ignore[union-attr]
        assert sender.verdict(request) == "ok"
    # A label in one of the two headers only is no signature.
    request = sender.receive("POST", "/inbox", dict(good.headers), BODY)
    request.headers.add("Signature", "spare=:AQID:")  # type: ignore[union-attr]
    assert sender.verdict(request) == "ok"


FIELD = st.text('sig1=("@method@target-uri");created=17keyid:AQ?, ;é\\', max_size=120)


@given(inputs=FIELD | st.sampled_from([f"sig1{INPUT}"]), signatures=FIELD)
def test_any_header(
    inputs: str, signatures: str, receive: Receive, ed25519_key: SigningKey
) -> None:
    public = VerifyKey(KEY_ID, ACTOR, ed25519_key.public())
    headers = {"Signature-Input": inputs, "Signature": signatures}
    request = receive("GET", "/", headers)
    with pytest.raises(Unauthenticated):
        verify(parse_signature(request), request, public, NOW)

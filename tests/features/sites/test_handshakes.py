"""Connections that ended because of a certificate: counted together, told in plain words."""

from __future__ import annotations

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.settings_mutual_tls import ClientCertificates, MutualTlsSettings
from fedrse.features.sites.model_handshakes import TOLD_FOR, Handshakes, may_be, recent
from fedrse.features.sites.service_measures import Measures
from fedrse.store.database import Database
from fedrse.web.languages import Languages


async def test_they_add_up_and_are_forgotten(database: Database, clock: ManualClock) -> None:
    measures = Measures(database=database, clock=clock)
    assert await database.read(measures.handshakes) is None
    measures.refused_certificate("self-signed certificate")
    measures.refused_certificate("unable to get local issuer certificate")
    await measures.flush()
    measures.refused_certificate("certificate has expired")
    await measures.flush()
    await measures.flush()
    found = await database.read(measures.handshakes)
    assert found == Handshakes(3, clock.now(), "certificate has expired")
    assert recent(found, clock.now()) == found
    clock.advance(TOLD_FOR)
    assert recent(found, clock.now()) is None
    measures.refused_certificate("certificate has expired")
    await measures.flush()
    again = await database.read(measures.handshakes)
    assert again is not None
    assert again.count == 1, "those of long ago do not count"


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("unable to get local issuer certificate", "in no bundle"),
        ("unable to verify the first certificate", "in no bundle"),
        ("self-signed certificate in certificate chain", "in no bundle"),
        ("certificate has expired", "expired"),
        ("certificate is not yet valid", "not valid yet"),
        ("unsupported certificate purpose", "clientAuth"),
        ("something else", "fit together"),
    ],
)
def test_why_in_plain_words(reason: str, part: str) -> None:
    found = Handshakes(2, 0, reason)
    assert part in found.plain
    assert found.plain in found.sentence
    assert Languages().gettext("fr", found.plain) != found.plain


def test_only_who_has_to_show_a_certificate_may_be_one_of_them() -> None:
    off = MutualTlsSettings()
    some = MutualTlsSettings(
        mode=ClientCertificates.OPTIONAL, ca_bundle="x", required_from=["a.example"]
    )
    everybody = MutualTlsSettings(mode=ClientCertificates.REQUIRED, ca_bundle="x")
    assert [may_be(one, "a.example") for one in (off, some, everybody)] == [False, True, True]
    assert [may_be(one, "b.example") for one in (off, some, everybody)] == [False, False, True]

"""What the network tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.net.tls_authority import TlsAuthority


@pytest.fixture
def tls_authority(tmp_path: Path) -> TlsAuthority:
    """A certificate authority of this test."""
    return TlsAuthority(tmp_path)

"""Which audience an app asks for with its words, and with which words it is told."""

from __future__ import annotations

import pytest

from fedrse.core.errors import Invalid
from fedrse.features.posts.model import Audience, Visibility, visibility_of
from fedrse.features.posts.model_rules import (
    asked_audience,
)


@pytest.mark.parametrize("default", [Audience.NETWORK, Audience.PUBLIC])
@pytest.mark.parametrize(
    ("visibility", "audience", "local_only", "parent", "expected"),
    [
        (None, None, False, None, "default"),
        ("public", None, False, None, "default"),
        ("unlisted", None, False, None, "default"),
        ("private", None, False, None, "followers"),
        ("private", None, False, Audience.FOLLOWERS, "followers"),
        ("private", None, False, Audience.SITE, "site"),
        ("private", None, False, Audience.GROUP, "group"),
        ("direct", None, False, None, "direct"),
        (None, Audience.PUBLIC, False, None, "public"),
        ("private", Audience.NETWORK, False, None, "network"),
        ("direct", None, True, None, "direct"),
        ("public", None, True, None, "site"),
        ("unlisted", None, True, None, "site"),
        ("private", None, True, None, "site"),
        (None, Audience.SITE, True, None, "site"),
        (None, Audience.DIRECT, True, None, "direct"),
    ],
)
def test_what_a_client_means(
    default: Audience,
    visibility: str | None,
    audience: Audience | None,
    local_only: bool,
    parent: Audience | None,
    expected: str,
) -> None:
    asked = asked_audience(
        Visibility(visibility) if visibility else None,
        audience,
        local_only=local_only,
        default=default,
        parent=parent,
    )
    assert asked.audience == (default if expected == "default" else expected)
    assert asked.listed is (visibility != "unlisted")
    assert asked.stays is local_only


@pytest.mark.parametrize(
    "audience", [Audience.PUBLIC, Audience.NETWORK, Audience.GROUP, Audience.FOLLOWERS]
)
def test_local_only_contradicts_wider_audiences(audience: Audience) -> None:
    with pytest.raises(Invalid):
        asked_audience(None, audience, local_only=True, default=Audience.NETWORK, parent=None)


@pytest.mark.parametrize(
    ("audience", "listed", "unlisted"),
    [
        ("public", "public", "unlisted"),
        ("network", "public", "unlisted"),
        ("site", "private", "private"),
        ("group", "private", "private"),
        ("followers", "private", "private"),
        ("direct", "direct", "direct"),
    ],
)
def test_what_apps_see(audience: str, listed: str, unlisted: str) -> None:
    assert visibility_of(audience, listed=True) == listed
    assert visibility_of(audience, listed=False) == unlisted

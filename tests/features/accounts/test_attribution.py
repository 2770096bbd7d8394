"""Domains that may name somebody as author: what apps and other sites write."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.features.accounts.model_attribution import (
    MOST_ATTRIBUTION_DOMAINS,
    attribution_domains,
    readable_domains,
)


def test_schemes_paths_and_wildcards_are_dropped() -> None:
    texts = ["https://Blog.Example/about", "*.blog.example", "http://other.example", "", "no good"]
    assert readable_domains(texts) == ["blog.example", "other.example"]
    assert attribution_domains(texts[:4]) == ["blog.example", "other.example"]
    with pytest.raises(Invalid):
        attribution_domains(texts)
    with pytest.raises(Invalid):
        attribution_domains([f"a{n}.example" for n in range(MOST_ATTRIBUTION_DOMAINS + 1)])


@given(st.lists(st.text(max_size=40), max_size=5))
@example(["\ud800"])
@example(["https://https://x"])
@example(["*."])
@example(["xn--a.example"])
def test_any_texts_are_domains_or_nothing(texts: list[str]) -> None:
    found = readable_domains(texts)
    assert readable_domains(found) == found
    try:
        assert attribution_domains(texts) == found
    except Invalid:
        assert len(found) < len(texts)

"""Web sites whose articles may name somebody as their author (``fediverse:creator``)."""

from __future__ import annotations

from collections.abc import Iterable

from fedrse.core.errors import Invalid
from fedrse.core.urls import BadUrl, normalise_host

MOST_ATTRIBUTION_DOMAINS = 100


def readable_domains(texts: Iterable[str]) -> list[str]:
    """The host names among these texts, each once; a scheme or wildcard before it is dropped."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            found[_host(text)] = None
        except BadUrl:
            continue
    return list(found)


def attribution_domains(texts: Iterable[str]) -> list[str]:
    """The same for what a person of this site typed. Raises Invalid for what is no host."""
    given = [text for text in texts if text.strip()]
    if len(given) > MOST_ATTRIBUTION_DOMAINS:
        raise Invalid(
            "attribution_domains_too_many",
            "Validation failed: Attribution domains is too long"
            f" (maximum is {MOST_ATTRIBUTION_DOMAINS})",
        )
    try:
        return list(dict.fromkeys(map(_host, given)))
    except BadUrl as error:
        raise Invalid(
            "attribution_domain_invalid",
            "Validation failed: Attribution domains is invalid: one of them is no domain name",
        ) from error


def _host(text: str) -> str:
    text = text.strip().removeprefix("https://").removeprefix("http://").removeprefix("*.")
    return normalise_host(text.partition("/")[0])

"""What the documentation names is there: files of the program, and pages that it links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "FEDERATION.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / "docs").rglob("*.md"),
]
MODULE = re.compile(r"`([\w/]+\.py)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def named_modules(page: Path) -> set[str]:
    return set(MODULE.findall(page.read_text()))


def test_the_picture_of_the_house_names_files_that_are_there() -> None:
    files = [f"/{path.relative_to(ROOT)}" for path in (ROOT / "fedrse").rglob("*.py")]
    files += [f"/{path.relative_to(ROOT)}" for path in (ROOT / "tests").rglob("*.py")]
    named = named_modules(ROOT / "docs" / "architecture.md")
    assert len(named) > 50, "the pattern finds them"
    assert [one for one in named if not any(path.endswith(f"/{one}") for path in files)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []

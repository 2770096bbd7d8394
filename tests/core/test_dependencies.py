"""Declared, explained and locked dependencies agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements/run.txt", "requirements/build.txt", "requirements/dev.txt"]
BUILD_TOOLS = {"hatchling", "editables"}
PINNED = re.compile(r"([a-z0-9-]+)==\S+(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", one)[0].lower() for one in requirements}


def declared() -> tuple[set[str], set[str]]:
    """Names needed to run (with extras) and to develop."""
    settings = project()
    extras = dict(settings["project"]["optional-dependencies"])
    del extras["heif"]  # for whoever decides so; tested, but not part of what is shipped
    further = [one for extra in extras.values() for one in extra]
    run = [*settings["project"]["dependencies"], *further]
    return names(run), names(settings["dependency-groups"]["dev"])


def test_every_dependency_has_a_lower_bound() -> None:
    settings = project()
    for requirement in [
        *settings["build-system"]["requires"],
        *settings["project"]["dependencies"],
        *settings["dependency-groups"]["dev"],
    ]:
        assert ">=" in requirement


def test_every_dependency_is_explained() -> None:
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([a-z0-9-]+) \| \S", page, flags=re.MULTILINE))
    run, dev = declared()
    assert explained == run | dev | BUILD_TOOLS


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_pins_with_hashes_and_nothing_else(lock: str) -> None:
    """So no line names an index, a link or a file."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [one for one in lines if not (PINNED.fullmatch(one) or HASH.fullmatch(one))] == []


def locked(lock: str) -> dict[str, str]:
    """The line that pins each package."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {match[1]: match[0] for match in PINNED.finditer(text)}


def test_the_locks_have_all_that_is_declared() -> None:
    run, build, dev = map(locked, LOCKS)
    needed_to_run, needed_to_develop = declared()
    assert needed_to_run <= run.keys()
    assert build.keys() >= BUILD_TOOLS
    assert needed_to_develop <= dev.keys()
    assert run.items() | build.items() <= dev.items()


def test_what_runs_has_no_build_tools() -> None:
    assert not BUILD_TOOLS & locked("requirements/run.txt").keys()

"""Every feature folder has the same furniture, and imports go downwards only.

import-linter checks whole modules by name; this test also knows that ``service_publish`` is part of
``service``, and that one feature uses nothing of another but its ``model`` and ``service``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import fedrse.features

FEATURES = Path(fedrse.features.__path__[0])
PREFIX = "fedrse.features."
RANKS = {
    "model": 0,
    "tables": 1,
    "queries": 2,
    "service": 3,
    "activities": 4,
    "api": 4,
    "pages": 4,
    "jobs": 4,
    "commands": 4,
}
FOLDERS = {"templates", "static", "__pycache__"}
SHARED = {"model", "service"}


def furniture(module: str) -> str:
    """``service`` of ``service_publish``."""
    return module.partition("_")[0]


def imported_features(source: str, package: str) -> Iterator[tuple[str, str]]:
    """(feature, module) for each import of a feature; the module is empty for the folder itself."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith(PREFIX):
                feature, _, rest = name.removeprefix(PREFIX).partition(".")
                yield feature, rest.partition(".")[0]


def offences(feature: str, module: str, source: str) -> list[str]:
    """What this module of a feature imports although it must not."""
    found = []
    for other, target in imported_features(source, f"{PREFIX}{feature}"):
        kind = furniture(target)
        if other != feature and kind not in SHARED:
            found.append(
                f"{feature}/{module}.py imports {other}.{target}, not its model or service"
            )
        if other == feature and RANKS.get(kind, 9) > RANKS[furniture(module)]:
            found.append(f"{feature}/{module}.py imports {target}, which stands higher")
    return found


MODULES = sorted(path for path in FEATURES.glob("*/*.py") if path.name != "__init__.py")


def test_there_are_features() -> None:
    assert len(MODULES) > 10


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_furniture_of_a_feature(path: Path) -> None:
    assert furniture(path.stem) in RANKS, f"allowed are {', '.join(RANKS)} and service_<name>"
    assert offences(path.parent.name, path.stem, path.read_text(encoding="utf-8")) == []


def test_a_feature_has_no_other_folders() -> None:
    folders = {path.name for path in FEATURES.glob("*/*/")}
    assert folders <= FOLDERS


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api", "from fedrse.features.posts import tables"),
        ("api", "from fedrse.features.posts.queries_home import find"),
        ("service", "import fedrse.features.posts.tables"),
        ("service", "from ..posts.tables import posts"),
        ("service", "from fedrse.features.media import api"),
        ("queries_home", "from fedrse.features.media.service_publish import x"),
        ("tables", "from .queries import x"),
        ("model", "def f():\n    from fedrse.features.media import tables"),
    ],
)
def test_the_check_finds_offences(module: str, source: str) -> None:
    assert len(offences("media", module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api", "from fedrse.features.posts.model import Post"),
        ("api", "from fedrse.features.posts import service_publish, model"),
        ("api_upload", "from fedrse.features.media import api, service, queries"),
        ("service", "from .tables import media\nfrom ..posts.service import access_post"),
        ("tables", "from fedrse.store.schema import metadata"),
    ],
)
def test_the_check_permits_what_is_allowed(module: str, source: str) -> None:
    assert offences("media", module, source) == []

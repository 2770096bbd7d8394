"""Every sentence of the interface exists in French, and no translation is left over or broken."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from fedrse.core.configuration import SECTIONS
from fedrse.core.languages import AVAILABLE, LOCALES
from fedrse.core.settings import Settings, SiteSettings
from fedrse.core.settings_view import about_section, shown_settings
from fedrse.web.cldr import french_spaces
from fedrse.web.languages import Languages, read_catalogue, safe_gettext

PACKAGE = Path(__file__).parents[2] / "fedrse"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "translatable": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "1"}}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (LOCALES / "fr.po").open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def extracted() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Where a sentence stands, and the sentence or its singular and plural."""
    found = extract_from_dir(PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True)
    for file, line, message, _, _ in found:
        yield f"{file}:{line}", message


def sentences_in_code() -> set[str]:
    """All strings in the source: messages of errors are translated without being marked."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def identity(message: Message | str | tuple[str, ...]) -> str:
    text = message.id if isinstance(message, Message) else message
    return text if isinstance(text, str) else text[0]


def test_extraction_sees_templates_and_code() -> None:
    found = {identity(message) for _, message in extracted()}
    assert {"Skip to content", "There is nothing here", "now"} <= found


def test_every_sentence_is_in_french(french: Catalog) -> None:
    missing = sorted(
        {f"{place}: {message}" for place, message in extracted() if not translated(french, message)}
    )
    assert not missing, "add to fedrse/web/locales/fr.po"


def about_settings() -> Iterator[str]:
    """What the console says of settings: the explanations of their definition."""
    yield from map(about_section, SECTIONS)
    settings = Settings(site=SiteSettings(base_url="https://corp.example"))
    yield from (one.about for one in shown_settings(settings, {}))


def test_explanations_of_settings_are_in_french(french: Catalog) -> None:
    missing = [text for text in about_settings() if not translated(french, text)]
    assert not missing, "add to fedrse/web/locales/fr.po"
    assert not [text for text in about_settings() if "%" in text], "pages take it for a value"


def translated(catalogue: Catalog, message: str | tuple[str, ...]) -> bool:
    entry = catalogue.get(identity(message))
    if entry is None or entry.fuzzy:
        return False
    return all(entry.string) if isinstance(message, tuple) else bool(entry.string)


def test_no_translation_is_left_over(french: Catalog) -> None:
    known = {identity(message) for _, message in extracted()} | sentences_in_code()
    known |= set(about_settings())
    assert not [message.id for message in french if message.id and identity(message) not in known]


def test_placeholders_survive_translation(french: Catalog) -> None:
    for message in french:
        if message.id:
            strings = [message.string] if isinstance(message.string, str) else message.string
            for string in strings:
                expected = set(PLACEHOLDER.findall("".join(message.id)))
                assert set(PLACEHOLDER.findall(string)) == expected, message.id


def test_a_catalogue_is_all_that_a_language_needs(tmp_path: Path) -> None:
    shutil.copy(LOCALES / "fr.po", tmp_path / "de.po")
    languages = Languages(tmp_path)
    assert languages.available == ("en", "de")
    assert languages.gettext("de", "Sign in") == "Se connecter"


def test_languages() -> None:
    languages = Languages()
    assert languages.available == AVAILABLE == ("en", "fr")
    assert languages.gettext("fr", "Sign in") == "Se connecter"
    assert languages.gettext("en", "Sign in") == "Sign in"
    assert languages.gettext("de", "Sign in") == "Sign in"
    assert languages.gettext("fr", "Nobody translated this") == "Nobody translated this"
    assert languages.knows("fr", "Sign in")
    assert languages.knows("en", "Nobody translated this")
    assert not languages.knows("fr", "Nobody translated this")


def test_translated_sentences_are_escaped_before_values_are_filled_in() -> None:
    translate = safe_gettext(Languages().catalogue("fr"))
    assert translate("<b> 100 %") == "&lt;b&gt; 100 %"
    name = translate("Shared by %(name)s", name="<i>")
    assert str(name) == "Partagé par &lt;i&gt;"


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("Bloquer P2 ?", "Bloquer P2\u202f?"),
        ("de côté ; personne", "de côté\u202f; personne"),
        ("(vraiment !)", "(vraiment\u202f!)"),
        ("Page %(path)s : « %(reason)s »", "Page %(path)s\u00a0: «\u00a0%(reason)s\u00a0»"),
        ("#mot, :nom: un émoji", "#mot, :nom: un émoji"),
        ("avant ?max_id=1", "avant ?max_id=1"),
    ],
)
def test_lines_of_french_do_not_begin_with_punctuation(plain: str, shown: str) -> None:
    assert french_spaces(plain) == shown


def test_the_catalogue_of_french_has_these_spaces() -> None:
    text = Languages().gettext("fr", "Password forgotten?")
    assert text == "Mot de passe oublié\u202f?"


def test_a_broken_catalogue_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text("this is no catalogue")
    with pytest.raises(ValueError):
        read_catalogue(path)

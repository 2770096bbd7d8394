"""The rules of the border from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import CommandSite


def run(site: CommandSite, *arguments: str) -> Any:
    result = site.run("policy", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_rule_comes_and_goes(site: CommandSite) -> None:
    planned = run(site, "add", "deny", "--host", "Spam.example", "--reason", "Adverts", "--dry-run")
    assert (planned["done"], len(planned["changes"])) == (False, 1)
    assert run(site, "list") == []
    made = run(site, "add", "deny", "--host", "Spam.example", "--reason", "Adverts")
    assert made["done"]
    assert made["changes"][0]["after"]["hosts"] == ["spam.example"]
    (rule,) = run(site, "list")
    assert (rule["id"], rule["state"], rule["about"]) == (1, "active", "hosts spam.example")
    assert run(site, "show", "1")["reason"] == "Adverts"
    assert "Adverts" in site.run("policy", "list").stdout
    again = site.run("policy", "add", "deny", "--host", "spam.example", "--reason", "Adverts")
    assert again.exit_code == 1
    assert "Rule 1 says the same" in again.stderr
    assert run(site, "remove", "1", "--reason", "They are nice now")["done"]
    assert site.run("policy", "remove", "1").exit_code == 1
    listed = run(site, "versions")
    assert [(one["version"], one["reason"]) for one in listed] == [
        (2, "They are nice now"),
        (1, "Adverts"),
    ]
    assert run(site, "undo", "2")["changes"][0]["after"]["reason"] == "Adverts"
    shown = run(site, "versions", "3")
    assert (shown["source"], shown["changes"][0]["number"]) == ("undo:2", 1)
    assert "undo:2" in site.run("policy", "versions").stdout
    assert "added" in site.run("policy", "versions", "3").stdout


def test_what_is_wrong_is_said(site: CommandSite) -> None:
    for arguments, part in (
        (("add", "denny", "--host", "a.example"), "'denny' is not one of"),
        (("add", "deny"), "says nothing of what it is about"),
        (("add", "deny", "--host", "lyon.corp.example"), "this site itself"),
        (("add", "delay", "--host", "a.example"), "delay belongs"),
        (("show", "7"), "There is no rule 7"),
        (("undo", "7"), "There is no version 7"),
        (("apply", "/nowhere/rules.toml"), "cannot be read"),
    ):
        result = site.run("policy", *arguments)
        assert result.exit_code == 1, result.output
        assert part in result.stderr


def test_a_file_is_applied_as_a_whole(site: CommandSite, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\neffect = 'deny'\nhosts = 'a.example'\n\n[[rule]]\neffct = 'deny'\n")
    wrong = site.run("policy", "apply", str(file))
    assert wrong.exit_code == 1
    assert "line 6: 'effct' is not known; the nearest is effect" in wrong.stderr
    assert run(site, "list") == []
    file.write_text(file.read_text().replace("effct = 'deny'", "effect = 'limit'\nroles='other'"))
    assert len(run(site, "apply", str(file))["changes"]) == 2
    exported = site.run("policy", "export").stdout
    file.write_text(exported)
    assert run(site, "apply", str(file)) == {
        **run(site, "apply", str(file), "--dry-run"),
        "changes": [],
    }
    as_json = site.run("policy", "export", "--format", "json").stdout
    assert [rule["id"] for rule in json.loads(as_json)["rules"]] == [1, 2]
    assert site.run("policy", "export", "--format", "text").stdout == "a.example\n"
    assert "1 rules say more" in site.run("policy", "export", "--format", "mastodon").stderr


def test_a_list_is_imported(site: CommandSite, tmp_path: Path) -> None:
    file = tmp_path / "blocks.csv"
    file.write_text("#domain,#severity\nA.example,suspend\nb.example,silence\n")
    made = run(site, "import", str(file))
    assert [one["after"]["state"] for one in made["changes"]] == ["draft", "draft"]
    assert run(site, "import", str(file), "--state", "active")["changes"] == []
    allows = tmp_path / "allows.txt"
    allows.write_text("c.example\n")
    made = run(site, "import", str(allows), "--effect", "allow", "--state", "active")
    assert made["changes"][0]["after"]["hosts"] == ["=c.example"]
    file.write_text("#domain,#severity\nA.example,suspnd\n")
    wrong = site.run("policy", "import", str(file))
    assert wrong.exit_code == 1
    assert "line 2: severity 'suspnd' is not known; the nearest is suspend" in wrong.stderr


@pytest.mark.parametrize("effect", ["deny", "allow"])
def test_peers_are_shown_as_the_rules_judge_them(site: CommandSite, effect: str) -> None:
    run(site, "add", effect, "--host", "partner.example")
    site.add_account(5, "nils", domain="partner.example", local=False)
    listed = json.loads(site.run("peer", "list", "--json").stdout)
    (found,) = [one for one in listed if one["host"] == "partner.example"]
    assert found["standing"] == {"deny": "blocked", "allow": "allowed"}[effect]


def test_a_list_is_followed(site: CommandSite) -> None:
    url = "https://lists.example/blocks.csv"
    (made,) = run(site, "subscribe", url, "--except", "good.example", "--state", "active")
    assert (made["list"], made["exceptions"]) == (1, ["good.example"])
    assert "does not allow lists.example" in made["error"], "a closed site asks whom it knows"
    assert [one["url"] for one in run(site, "lists")] == [url]
    assert url.removesuffix("blocks.csv")[:20] in site.run("policy", "lists").stdout
    tried = site.run("policy", "refresh", "1")
    assert tried.exit_code == 1
    again = site.run("policy", "subscribe", url)
    assert again.exit_code == 1
    assert "is subscribed already" in again.stderr
    assert site.run("policy", "refresh", "--yes").exit_code == 1
    run(site, "unsubscribe", "1")
    assert run(site, "lists") == []
    assert "There is no list 1" in site.run("policy", "unsubscribe", "1").stderr


def test_a_large_list_is_taken_in_whole_and_told_in_short(
    site: CommandSite, tmp_path: Path
) -> None:
    many = tmp_path / "many.csv"
    hosts = "".join(f"h{number}.example,suspend\r\n" for number in range(3000))
    many.write_bytes(b"\xef\xbb\xbf#domain,#severity\r\n" + hosts.encode())
    planned = site.run("policy", "import", str(many), "--state", "active", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert "And 2900 more" in planned.stderr
    assert "h99.example" in planned.stdout
    assert "h100.example" not in planned.stdout
    assert len(run(site, "import", str(many), "--state", "active", "--yes")["changes"]) == 3000
    assert len(run(site, "list")) == 3000

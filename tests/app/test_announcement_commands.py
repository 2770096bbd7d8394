"""Announcements from the command line."""

from __future__ import annotations

import json

from tests.app.conftest import CommandSite


def test_an_announcement_comes_and_goes(site: CommandSite) -> None:
    times = ("--starts", "2030-11-27T12:00", "--ends", "2030-11-27T14:00")
    made = site.run("announcement", "create", "Lunch on #Friday", *times, "--json")
    assert made.exit_code == 0, made.output
    created = json.loads(made.stdout)
    assert created["text"] == "Lunch on #Friday"
    (listed,) = json.loads(site.run("announcement", "list", "--json").stdout)
    assert listed["id"] == created["id"]
    assert "#Friday" in site.run("announcement", "list").stdout
    assert site.run("announcement", "delete", created["id"]).exit_code == 0
    again = site.run("announcement", "delete", "5")
    assert again.exit_code == 1
    assert "no announcement with the number 5" in again.stderr


def test_other_sites_are_named(site: CommandSite) -> None:
    refused = site.run("announcement", "create", "Lunch", "--to", "nowhere.example")
    assert refused.exit_code == 1
    assert "Not in the network: nowhere.example" in refused.stderr
    made = site.run("announcement", "create", "Lunch", "--everywhere", "--json")
    assert json.loads(made.stdout)["sites"] == [], "there is no other site"


def test_wrong_times_are_told(site: CommandSite) -> None:
    result = site.run("announcement", "create", "Lunch", "--starts", "tomorrow")
    assert result.exit_code == 1
    assert "--starts has to be a date" in result.stderr
    assert json.loads(site.run("announcement", "list", "--json").stdout) == []


def test_what_must_be_read_is_listed_with_totals(site: CommandSite) -> None:
    site.run("announcement", "create", "New rules", "--must-read")
    (listed,) = json.loads(site.run("announcement", "list", "--json").stdout)
    assert listed["must_read"] is True
    assert (listed["delivered"], listed["read"]) == (0, 0)

"""What commands do stands in the log; the log is read, handed out and checked."""

from __future__ import annotations

import getpass
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from fedrse.activitypub.jcs import canonicalize
from fedrse.features.audit.tables import audit_entry
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite


@pytest.fixture(autouse=True)
def _nobody_called_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)


def entries(site: CommandSite, *options: str) -> list[dict[str, Any]]:
    result = site.run("audit", "list", "--json", *options)
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def done(site: CommandSite, *arguments: str) -> str:
    result = site.run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def create(site: CommandSite, username: str, *more: str) -> None:
    done(site, "account", "create", username, "--email", f"{username}@mail.example", *more)


def test_acts_on_people_are_recorded(site: CommandSite) -> None:
    create(site, "olga", "--role", "owner")
    create(site, "amina")
    done(site, "account", "role", "amina", "auditor", "--reason", "Works council")
    done(site, "account", "disable", "amina", "--reason", "Left")
    done(site, "account", "enable", "amina")
    done(site, "account", "reset-password", "amina")
    done(site, "account", "password-link", "amina")
    done(site, "account", "reset-second-factor", "amina")
    done(site, "account", "warn", "amina", "Be kind")
    done(site, "token", "create", "--account", "amina", "--scopes", "read")
    found = entries(site)[::-1]
    assert [one["act"] for one in found] == [
        *("account.create", "account.create", "account.role", "account.disable", "account.enable"),
        *("account.reset_password", "account.password_link", "account.reset_second_factor"),
        *("account.warn", "token.create"),
    ]
    assert {one["by"] for one in found} == {getpass.getuser()}
    assert {one["origin"] for one in found} == {"command"}
    assert [one["target"] for one in found[1:]] == ["amina"] * 9
    role = found[2]
    assert (role["before"], role["after"]) == ({"role": "member"}, {"role": "auditor"})
    assert role["reason"] == "Works council"
    assert found[-1]["after"] == {"scopes": ["read"]}
    text = json.dumps(found)
    assert "password_hash" not in text


def test_what_is_refused_is_not_recorded(site: CommandSite) -> None:
    create(site, "olga", "--role", "owner")
    for arguments in (("role", "olga", "member"), ("disable", "olga"), ("role", "olga", "king")):
        assert site.run("account", *arguments).exit_code == 1
    assert [one["act"] for one in entries(site)] == ["account.create"]


def test_acts_on_the_site_are_recorded(site: CommandSite, tmp_path: Path) -> None:
    made = json.loads(done(site, "announcement", "create", "Closed on Friday", "--json"))
    done(site, "announcement", "delete", made["id"])
    done(site, "invite", "create", "--uses", "3")
    done(site, "backup", str(tmp_path / "copy.tar"))
    assert [one["act"] for one in entries(site)] == [
        "backup.create",
        "invitation.create",
        "announcement.remove",
        "announcement.create",
    ]
    (made_entry,) = entries(site, "--act", "announcement.create")
    assert made_entry["after"]["text"] == "Closed on Friday"
    assert made_entry["after"]["must_read"] is False
    assert site.run("audit", "list", "--act", "no.such").exit_code == 1
    assert entries(site, "--to", "nobody") == []
    assert len(entries(site, "--by", getpass.getuser(), "--days", "1", "--most", "2")) == 2


def test_one_entry_with_everything(site: CommandSite) -> None:
    create(site, "amina")
    found = json.loads(done(site, "audit", "show", "1", "--json"))
    assert found["target_kind"] == "account"
    assert found["after"]["role"] == "member"
    assert len(found["hash"]) == 64
    assert site.run("audit", "show", "2").exit_code == 1


def test_exported_lines_can_be_checked_by_anybody(site: CommandSite, tmp_path: Path) -> None:
    for name in ("amina", "bruno", "chloe"):
        create(site, name)
    target = tmp_path / "log.jsonl"
    done(site, "audit", "export", str(target))
    previous = ""
    for line in target.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        document = {
            "actor": {
                "id": entry["actor_id"],
                "name": entry["actor_name"],
                "origin": entry["actor_origin"],
            },
            "target": {
                "id": entry["target_id"],
                "kind": entry["target_kind"],
                "name": entry["target_name"],
            },
            **{key: entry[key] for key in ("act", "after", "at", "before", "number", "reason")},
            "previous": previous,
        }
        assert sha256(canonicalize(document)).hexdigest() == entry["hash"]
        assert entry["previous"] == previous
        previous = entry["hash"]
    assert site.run("audit", "export", str(target)).exit_code == 1, "nothing is overwritten"
    assert len(done(site, "audit", "export", "--after", "2").splitlines()) == 1


def test_a_log_that_was_changed_is_found(site: CommandSite) -> None:
    for name in ("amina", "bruno", "chloe"):
        create(site, name)
    found = json.loads(done(site, "audit", "verify", "--json"))
    assert (found["entries"], found["last"], found["flaws"]) == (3, 3, [])
    head = f"{found['last']}:{found['head']}"
    done(site, "audit", "verify", "--head", head)
    assert site.run("audit", "verify", "--head", "3:abc").exit_code == 1
    result = site.run("audit", "verify", "--head", f"3:{'0' * 64}")
    assert result.exit_code == 1
    assert "not the one that was known" in result.stderr

    async def meddle(tx: Transaction) -> None:
        changed = update(audit_entry).where(audit_entry.c.number == 2).values(reason="other")
        await tx.run(Statement(changed))

    site.write(meddle)
    result = site.run("audit", "verify")
    assert result.exit_code == 1
    assert "Entry 2 does not say what was written" in result.stderr

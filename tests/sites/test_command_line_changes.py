"""What the command line changes is heard of by a site that runs."""

from __future__ import annotations

import subprocess
import sys

from tests.sites.remote_actor import RemoteHost
from tests.sites.site import Site
from tests.sites.waiting import until


def fedrse(site: Site, *words: str) -> None:
    command = [sys.executable, "-m", "fedrse", "--config", str(site.configuration), *words]
    subprocess.run(command, check=True, capture_output=True)


def test_somebody_disabled_is_out_at_once(lyon: Site) -> None:
    amina = lyon.newcomer()
    assert amina.answer("GET", "/api/v1/timelines/home").status == 200
    fedrse(lyon, "account", "disable", amina.username)
    until(lambda: amina.answer("GET", "/api/v1/timelines/home").status == 401, seconds=8)


def test_new_keys_sign_what_is_sent_next(lyon: Site, outsider: RemoteHost) -> None:
    amina = lyon.newcomer()
    otto = outsider.newcomer()
    follow = otto.activity("Follow", amina.uri)
    assert otto.send(lyon, follow).status == 202
    (asking,) = until(lambda: amina.get("/api/v1/follow_requests"))
    amina.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    outsider.got("Accept", lambda sent: sent["actor"] == amina.uri)
    first = key_of(outsider, amina.uri, "Accept")
    fedrse(lyon, "keys", "rotate", amina.username)
    outsider.got("Update", lambda sent: sent["actor"] == amina.uri)

    def signs_anew() -> bool:
        amina.write("tick", audience="public")
        lyon.settled()
        return key_of(outsider, amina.uri, "Create") != first

    until(signs_anew, seconds=12)


def key_of(host: RemoteHost, actor: str, kind: str) -> str:
    """The key that signed the last message of a kind by somebody."""
    seen = [one for one in host.posts(kind) if one.activity["actor"] == actor][-1]
    signature = seen.headers.get("signature-input") or seen.headers["signature"]
    start = signature.lower().index("keyid=") + 7
    return signature[start : signature.index('"', start)]

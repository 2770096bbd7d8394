"""The demo as a newcomer's machine and the release check run it: three sites, verified, ended."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fedrse.app.demo.group import load_group

pytestmark = pytest.mark.sites
PATIENCE = 240  # seconds after which it hangs


@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["http", "https"])
def test_the_demo_shows_the_same_on_all_three_sites(options: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fedrse", "demo", "--check", *options],
        capture_output=True,
        cwd=tmp_path,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ended.stdout.count("\n") == 1, ended.stdout + ended.stderr
    result = json.loads(ended.stdout)
    assert (ended.returncode, result["ok"]) == (0, True), ended.stdout
    group = load_group()
    posts = [post for top in group.posts for post in top.all()]
    expected = {
        "posts": len(posts),
        "replies": sum(len(post.replies) for post in posts),
        "likes": sum(len(post.likes) for post in posts),
        "shares": sum(len(post.shares) for post in posts),
    }
    assert result["people"] == len(group.handles())
    assert set(result["sites"]) == {site.domain for site in group.sites}
    for shown in result["sites"].values():
        assert shown["follows"] > 0
        assert {name: shown[name] for name in expected} == expected
    assert not list(tmp_path.iterdir())  # a check leaves nothing behind


def started(folder: Path) -> subprocess.Popen[str]:
    """The demo as people start it, when all has arrived."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fedrse", "demo", "--tls"],
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("Ctrl-C stops the demo"):
            return process
    raise AssertionError("".join(said))


def test_the_demo_stays_and_goes_on_with_its_data(tmp_path: Path) -> None:
    home = tmp_path / "instance" / "var" / "demo" / "tls"
    wished = load_group().sites[0].port
    places = []
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", wished))
        except OSError:
            pass  # somebody else has it, which is as good
        else:
            other.listen()
        for _ in range(2):
            process = started(tmp_path)
            try:
                assert process.poll() is None
                places.append((home / "lyon" / "port").read_text())
                told = (home / "finished.json").stat().st_mtime_ns
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
            places.append(str(told))
    assert places[0] != str(wished), "the next free one"
    assert places[:2] == places[2:], "nothing was made anew"

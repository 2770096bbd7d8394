"""The script that picks the Python for ``make``, on machines of several kinds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "requirements" / "find_python.sh"
FAKE = """#!/bin/sh
case "$2" in
    *print*) echo {version} ;;
    *exit*) exit {too_old} ;;
    *ensurepip*) exit {no_venv} ;;
esac
"""


def put(folder: Path, name: str, version: str, *, venv: bool = True) -> None:
    """A program that answers like a Python of this version."""
    too_old = int(tuple(map(int, version.split("."))) < (3, 11))
    program = folder / name
    program.write_text(FAKE.format(version=version, too_old=too_old, no_venv=int(not venv)))
    program.chmod(0o755)


def find(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", SCRIPT],
        env={"PATH": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_that_is_locked_wins(tmp_path: Path) -> None:
    put(tmp_path, "python3", "3.11")
    put(tmp_path, "python3.11", "3.11")
    put(tmp_path, "python3.12", "3.12")
    assert find(tmp_path).stdout == "python3.12\n"


def test_a_later_python_alone_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "python3", "3.14")
    assert find(tmp_path).stdout == "python3\n"


def test_the_caller_may_choose(tmp_path: Path) -> None:
    put(tmp_path, "python3.13", "3.13")
    put(tmp_path, "mine", "3.11")
    assert find(tmp_path, PYTHON=str(tmp_path / "mine")).stdout == f"{tmp_path}/mine\n"


def test_one_that_is_not_suitable_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")  # a shim without a version
    (tmp_path / "python3.13").chmod(0o755)
    put(tmp_path, "python3.12", "3.12", venv=False)
    put(tmp_path, "python3", "3.11")
    assert find(tmp_path).stdout == "python3\n"


@pytest.mark.parametrize(
    ("version", "venv", "message"),
    [
        ("3.9", True, "Python 3.9 is here, but fedrse needs 3.11 or later."),
        ("3.9", True, "sudo apt install python3.11 python3.11-venv"),
        ("3.11", False, "cannot make virtual environments"),
        ("3.11", False, "sudo apt install python3-venv    (or python3.11-venv)"),
    ],
)
def test_what_to_install_is_said(tmp_path: Path, version: str, venv: bool, message: str) -> None:
    put(tmp_path, "python3", version, venv=venv)
    result = find(tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert message in result.stderr


def test_no_python_at_all(tmp_path: Path) -> None:
    result = find(tmp_path)
    assert result.returncode == 1
    assert "sudo apt install python3 python3-venv" in result.stderr

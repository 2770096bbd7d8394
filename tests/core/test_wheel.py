"""The wheel has all that a site needs: templates, catalogues, contexts, migrations, demo data."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_has_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*command, "--directory", str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("fedrse/")}
    present = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "fedrse").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert present <= packed
    assert "fedrse/core/settings.py" in packed

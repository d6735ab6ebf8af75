"""The house keeps its own rules: arrows, one door for each foreign thing, locks without hosts, settings explained."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from geo.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("geo", "web_map", "api", "data")

PURE = ("geo/streets", "geo/places", "geo/coverage", "geo/siting", "geo/datum.py", "geo/cells.py", "geo/measure.py")
KNOWN_TO_STORES = (
    *("geo.errors", "geo.types", "geo.settings", "geo.places.vocabulary", "geo.store"),
    *("geo.cells.to_signed", "geo.cells.from_signed"),  # PostgreSQL's bigint has a sign and a cell has none
)

FORBIDDEN = {
    "geo": ("api", "web_map", "fastapi", "starlette", "folium", "branca", "typer"),
    "web_map": ("api", "fastapi", "starlette", "sqlalchemy", "psycopg", "geo.store"),
    "data": ("api", "web_map", "fastapi", "sqlalchemy", "geo.store", "geo.services"),
    **dict.fromkeys(PURE, ("geo.store", "geo.services", "geo.snapshot", "sqlalchemy", "psycopg", "geoalchemy2")),
}

ONE_DOOR = {
    "h3": ("geo/cells.py",),
    "numba": (
        "geo/streets/search.py",
        "geo/streets/prefetch.py",
        "geo/streets/kernels.py",
        "geo/streets/change_kernels.py",
        "geo/streets/hub_kernels.py",
        "geo/siting/kernels.py",
    ),
    "highspy": ("geo/siting/exact.py",),
    "sqlalchemy": ("geo/store/", "geo/services/", "geo/snapshot", "api/"),
    "psycopg": ("geo/store/", "geo/snapshot/"),
    "osmium": ("geo/streets/", "data/"),
    "opening_hours": ("geo/places/",),
}
"""Foreign packages and the only places that may import them, so that changing one means changing one place."""

ENTRY_POINTS = ("api/cli", "api/main.py", "geo/store/cluster/", "geo/places/register/sheets.py")
"""Who may read the environment: the entry points, and those who hand it on to a program they run."""


@cache
def modules(place: str) -> tuple[Path, ...]:
    """Python files of a folder, or the one file."""
    path = ROOT / place
    return tuple(sorted(path.rglob("*.py"))) if path.is_dir() else tuple(filter(Path.exists, [path]))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path, *, for_types_too: bool = True) -> frozenset[str]:
    """Dotted names a module imports, `from a import b` counted as `a.b`."""
    skipped = set() if for_types_too else set(_under_type_checking(tree(path)))
    names = set()
    for node in ast.walk(tree(path)):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def _under_type_checking(module: ast.Module) -> list[ast.AST]:
    blocks = [node for node in ast.walk(module) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return [node for block in blocks for node in ast.walk(block)]


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def place_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("place", FORBIDDEN)
def test_arrows_point_one_way(place):
    """No module imports from a layer above it."""
    offences = [
        f"{place_of(path)} imports {name}"
        for path in modules(place)
        for name in imports(path)
        for banned in FORBIDDEN[place]
        if is_within(name, banned)
    ]
    assert offences == []


def test_stores_know_nothing_of_computing():
    """A store imports errors, types, code tables and other stores; frames are made elsewhere."""
    offences = [
        f"{place_of(path)} imports {name}"
        for path in modules("geo/store")
        for name in imports(path)
        if is_within(name, "geo") and not any(is_within(name, known) for known in KNOWN_TO_STORES)
    ]
    assert offences == []


@pytest.mark.parametrize("package", ONE_DOOR)
def test_a_foreign_package_has_one_door(package):
    offences = [
        place_of(path)
        for layer in LAYERS
        for path in modules(layer)
        if any(is_within(name, package) for name in imports(path, for_types_too=False))
        and not place_of(path).startswith(ONE_DOOR[package])
    ]
    assert offences == []


def test_only_entry_points_read_the_environment():
    offences = [
        f"{place_of(path)}:{node.lineno}"
        for layer in LAYERS
        for path in modules(layer)
        if not place_of(path).startswith(ENTRY_POINTS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert offences == []


def test_importing_the_product_connects_to_nothing_and_reads_no_setting():
    """Every module imports with the network refused, from an empty folder, with settings that could not be read."""
    names = [
        place_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for layer in ("geo", "web_map", "api")
        for path in modules(layer)
        if "migrations" not in path.parts and path.name != "__main__.py"
    ]
    script = f"""
import importlib, socket
def refuse(*_, **__): raise AssertionError("a module connects when it is imported")
socket.socket.connect = refuse
for name in {json.dumps(names)}:
    importlib.import_module(name)
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "YIQUAN_WALK_SPEED_MS": "no number"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert result.returncode == 0


@pytest.mark.parametrize(
    "place", ["run.py", "geo/store/cluster", "geo/errors.py", "geo/__init__.py", "geo/store/__init__.py"]
)
def test_what_runs_before_anything_is_installed_needs_python_alone(place):
    allowed = sys.stdlib_module_names | {"geo"}
    offences = [
        f"{place_of(path)} imports {name}"
        for path in modules(place)
        for name in imports(path)
        if name.partition(".")[0] not in allowed
        or (is_within(name, "geo") and not (is_within(name, "geo.store.cluster") or is_within(name, "geo.errors")))
    ]
    assert offences == []


@pytest.mark.parametrize("lock", ["run", "test", "bench", "tools", "engines"])
def test_a_lock_names_versions_and_hashes_and_no_host(lock):
    text = (ROOT / f"locks/{lock}.lock").read_text("utf-8")
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert "://" not in text
    assert [entry for entry in requirements if not re.match(r"[a-z0-9._-]+(\[.*\])?==\S+", entry)] == []
    assert [entry.split()[0] for entry in requirements if "--hash=sha256:" not in entry] == []


def test_a_smaller_lock_is_part_of_a_larger_one():
    """Going from the demo to the tests and back changes no version and removes nothing."""

    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / f"locks/{lock}.lock").read_text("utf-8"), re.MULTILINE))

    assert pins("run") < pins("test") < pins("bench")


def test_rivals_with_other_licences_come_with_benchmarks_only():
    locks = {name: (ROOT / f"locks/{name}.lock").read_text("utf-8") for name in ("run", "test", "bench")}
    assert [name for name, text in locks.items() if re.search("^pandana==", text, re.MULTILINE)] == ["bench"]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained(name):
    """README names the environment variable of every setting, and the setting says what it is and in which unit."""
    field = Settings.model_fields[name]
    aliases = getattr(field.validation_alias, "choices", [f"YIQUAN_{name.upper()}"])
    variables = [alias for alias in aliases if str(alias).isupper()]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert field.description
    assert [variable for variable in variables if str(variable) in readme], f"README.md names none of {variables}"


def test_no_room_without_a_purpose():
    """Drawers for everything are where things get lost."""
    refused = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert [place_of(path) for layer in LAYERS for path in modules(layer) if path.name in refused] == []


def test_imports_between_folders_are_absolute():
    """A relative import that climbs would not be seen by the tests above."""
    offences = [
        place_of(path)
        for layer in LAYERS
        for path in modules(layer)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert offences == []

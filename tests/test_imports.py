"""The order of the rooms holds, and no one pays for a room that is not used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "narthex"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = {"pandas", "polars", "pyarrow"}
INDIRECT = {
    "tzdata": "zoneinfo reads it where the system has no time zones",
}


def test_import_contracts_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_package_alone_loads_no_room() -> None:
    loaded = loaded_after("import narthex")
    assert not {name for name in loaded if name.startswith("narthex.")}
    assert "numba" not in loaded


def test_command_line_alone_compiles_nothing() -> None:
    loaded = loaded_after("import narthex.cli.main")
    assert "numba" not in loaded


def test_optional_packages_are_imported_where_they_are_used() -> None:
    eager = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in PACKAGE.rglob("*.py")
        for name in imported_at_once(path)
        if name in OPTIONAL
    }
    assert not eager


def test_each_dependency_is_used_and_each_use_declared() -> None:
    providers = packages_distributions()
    used = {
        normal(provider)
        for path in PACKAGE.rglob("*.py")
        for name in imported_anywhere(path)
        for provider in providers.get(name, [])
    } - {"narthex"}
    declared = {distribution(line) for line in PROJECT["dependencies"]}
    extras = {distribution(x) for lines in PROJECT["optional-dependencies"].values() for x in lines}
    assert declared - used == set(INDIRECT), "declared, but not imported"
    assert used - declared - extras == set(), "imported, but not declared"


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def imported_at_once(path: Path) -> Iterator[str]:
    """Roots of the packages that loading a file imports."""
    return roots(ast.parse(path.read_text()).body)


def imported_anywhere(path: Path) -> Iterator[str]:
    return roots(ast.walk(ast.parse(path.read_text())))


def roots(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def distribution(requirement: str) -> str:
    return normal(re.split(r"[<>=!~\[; ]", requirement)[0])


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

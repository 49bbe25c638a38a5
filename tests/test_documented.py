"""What users rely on stands in the documents, and what the documents name is there.

The pages are read as texts: flags, routes, dependencies and rooms must occur, paths and links must
exist, and Python examples below a `<!-- tested -->` mark run as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from narthex.api.app import OUTSIDE
from narthex.api.v1.routes import LABEL_VALUES, V1
from narthex.cli.main import COMMANDS
from narthex.cli.server_flags import SERVER_FLAGS
from scripts import flags_page

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "narthex"
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])

IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
EXAMPLE = re.compile(r"<!-- tested -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
REQUIREMENT = re.compile(r"[A-Za-z0-9-]+")


def of_documents(*names: str) -> str:
    return "\n".join((DOCS / name).read_text() for name in names)


def test_page_of_flags_is_the_one_that_the_code_makes() -> None:
    assert flags_page.PAGE.read_text() == flags_page.page(), "run `make docs`"


def test_every_flag_that_is_acted_on_has_its_line() -> None:
    page = of_documents("flags.md")
    acted_on = [f.name for f in SERVER_FLAGS.flags.values() if not f.refused and not f.hidden]
    assert [name for name in acted_on if f"| `--{name}` |" not in page] == []


def test_every_route_is_on_the_page_of_queries() -> None:
    page = of_documents("querying.md")
    paths = [route.path for route in (*OUTSIDE, *V1, LABEL_VALUES)]
    assert [path for path in paths if f"`{path}`" not in page] == []


def test_every_command_is_on_the_page_for_operators() -> None:
    page = of_documents("operating.md", "querying.md")
    commands = [" ".join(("narthex", *path)) for path in COMMANDS]
    assert [command for command in commands if command not in page] == []


def test_every_room_is_in_the_code_map() -> None:
    page = of_documents("architecture.md")
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    assert [room for room in sorted(folders | modules) if f"`{room}`" not in page] == []


def test_every_dependency_is_named_with_its_reason() -> None:
    page = of_documents("architecture.md")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [
        *project["project"]["dependencies"],
        *(r for extra in project["project"]["optional-dependencies"].values() for r in extra),
        *(r for group in project["dependency-groups"].values() for r in group),
    ]
    names = [
        match[0]
        for text in declared
        if isinstance(text, str) and (match := REQUIREMENT.match(text))
    ]
    assert [name for name in names if f"`{name}`" not in page] == []


def paths_named(text: str) -> Iterator[str]:
    """What looks like a path of the repository: it begins with a folder of the root or a room."""
    roots = {path.name for path in (*ROOT.iterdir(), *PACKAGE.iterdir()) if path.is_dir()}
    for name in IN_BACKTICKS.findall(text):
        if PATH.fullmatch(name) and "/" in name and name.split("/")[0] in roots:
            yield name


def exists(name: str) -> bool:
    return any((base / name).exists() or (base / f"{name}.py").exists() for base in (ROOT, PACKAGE))


def test_a_path_that_leads_nowhere_is_seen() -> None:
    text = "`scrape/loop` `scrape/nowhere` `/api/v1/query` `data/` `prometheus.yml` `tests/faults/`"
    assert [name for name in paths_named(text) if not exists(name)] == ["scrape/nowhere"]
    assert not leads(DOCS / "README.md", "storage.md#no-such-heading")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    astray = [name for name in paths_named(text) if not exists(name)]
    astray += [link for link in LINK.findall(text) if "://" not in link and not leads(page, link)]
    assert astray == []


def leads(page: Path, link: str) -> bool:
    """Whether a relative link's file is there, and the heading that it points at."""
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    if not anchor:
        return target.exists()
    headings = [
        heading.lower().replace(" ", "-") for heading in HEADING.findall(target.read_text())
    ]
    return anchor in {re.sub(r"[^\w-]", "", heading) for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "docs/library.md"])
def test_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of a page, in their order, in one program."""
    examples = EXAMPLE.findall((ROOT / page).read_text())
    assert examples
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, page, "exec"), names)

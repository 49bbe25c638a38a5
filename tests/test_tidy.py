"""The house style that a machine can check. Each breach is worded as what to do instead.

A rule has no silent exemption: what may differ stands in `EXCEPTIONS` with its reason, and an entry
that excuses nothing any more fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.marks import is_kernel_test

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "narthex"

LINES_PER_FUNCTION_MAX = 60
LINES_PER_FILE_MAX = 500

EXCEPTIONS: dict[str, str] = {}
"""`file` or `file::function` that may be longer, and why."""

CLOCK = "runtime.clock.Clock"
EXECUTOR = "runtime.executor.Executor"
FILESYSTEM = "runtime.filesystem"
PROCESSES = "runtime.processes"
RNG = "runtime.rng"
SUPERVISOR = "Supervisor.start"

BANNED_CALLS = {
    "asyncio.create_task": SUPERVISOR,
    "asyncio.get_event_loop": "asyncio.get_running_loop",
    "asyncio.sleep": f"{CLOCK}.sleep_s",
    "asyncio.TaskGroup": SUPERVISOR,
    "asyncio.to_thread": f"{EXECUTOR}.run",
    "concurrent.futures.ProcessPoolExecutor": PROCESSES,
    "concurrent.futures.ThreadPoolExecutor": EXECUTOR,
    "datetime.date.today": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "logging.getLogger": "telemetry.log.Logger",
    "mmap.mmap": "RangeReader: a bad sector under a map kills the process",
    "os.fsync": FILESYSTEM,
    "os.rename": FILESYSTEM,
    "os.replace": FILESYSTEM,
    "os.urandom": RNG,
    "shutil.move": FILESYSTEM,
    "threading.Thread": EXECUTOR,
    "threading.Timer": f"{CLOCK}.sleep_s",
    "time.monotonic": f"{CLOCK}.monotonic_s",
    "time.monotonic_ns": f"{CLOCK}.monotonic_s",
    "time.perf_counter": f"{CLOCK}.monotonic_s",
    "time.perf_counter_ns": f"{CLOCK}.monotonic_s",
    "time.sleep": f"{CLOCK}.sleep_s",
    "time.time": f"{CLOCK}.now_ms",
    "time.time_ns": f"{CLOCK}.now_ms",
    "uuid.uuid4": RNG,
}
BANNED_PREFIXES = {"random.": RNG, "secrets.": RNG, "multiprocessing.": PROCESSES}
SEAMS = {
    CLOCK: "runtime/clock.py",
    EXECUTOR: "runtime/executor.py",
    FILESYSTEM: "runtime/filesystem.py",
    PROCESSES: "runtime/processes.py",
    RNG: "runtime/rng.py",
    SUPERVISOR: "runtime/supervisor.py",
    "telemetry.log.Logger": "telemetry/log.py",
}
"""The one file that may call what the others reach through it."""

TOUCHES_FILES = {
    "mkdir", "open", "read_bytes", "read_text", "rmdir", "touch", "unlink", "write_bytes",
    "write_text",
}  # fmt: skip
"""Methods of paths (and the builtin) that storage may not call: its files are the filesystem's."""

ROOMS_OF_PACKAGE = {
    "aiohttp": {"httpclient"},
    "cryptography": {"httpclient"},
    "numba": {"jit.py"},
    "pcodec": {"storage"},
    "pyroaring": {"storage"},
    "rich": {"cli"},
    "uvicorn": {"api"},
    "yaml": {"config", "model"},
}
"""A package is imported by the room that needs it; the others ask that room."""

KERNELS_IMPORT = re.compile(
    r"__future__|math|numpy(\..*)?|narthex\.jit|narthex\.(.+\.)?kernels(\..*)?"
)
VAGUE_NAMES = {"base", "common", "helper", "helpers", "misc", "stuff", "util", "utils"}
# Put together so that this file does not name them itself.
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
)
ELSEWHERE = re.compile(r"(?<![\w}\"])/(?:root|wor" + r"k)/|\.libr" + "ary/")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".service", ".txt", ""}
TEXT_FOLDERS = ("src", "tests", "docs", "scripts", "contrib", "benchmarks")
FOLDERS_OF_TESTS = {"faults", "fuzz", "golden", "peers", "properties", "simulation"}


@dataclass(frozen=True)
class SourceFile:
    """One file of the package; `name` is relative to it."""

    name: str
    text: str

    @property
    def is_kernel_file(self) -> bool:
        return self.name.endswith("/kernels.py") or "/kernels/" in self.name


def breaches(file: SourceFile, exceptions: dict[str, str]) -> Iterator[str]:
    """Every breach in one file; `exceptions` loses those that excused something."""
    tree = ast.parse(file.text)
    lines = file.text.count("\n")
    if lines > LINES_PER_FILE_MAX and exceptions.pop(file.name, None) is None:
        yield f"{file.name}: {lines} lines, at most {LINES_PER_FILE_MAX}; split by reason to change"
    if ast.get_docstring(tree) is None:
        yield f"{file.name}: open with a docstring: its part in the way of a sample, what it keeps"
    if set(Path(file.name).with_suffix("").parts) & VAGUE_NAMES:
        yield f"{file.name}: name it after what it holds"
    imported = names_imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from length_breaches(file, node, exceptions)
            case ast.Call():
                yield from call_breaches(file, node, imported)
            case ast.Import() | ast.ImportFrom():
                yield from import_breaches(file, node)
            case ast.Global():
                names = ", ".join(node.names)
                yield f"{file.name}:{node.lineno}: no state in globals; give {names} an owner"


def length_breaches(
    file: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef, exceptions: dict[str, str]
) -> Iterator[str]:
    lines = (node.end_lineno or 0) - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    if lines > LINES_PER_FUNCTION_MAX and exceptions.pop(f"{file.name}::{node.name}", None) is None:
        yield (
            f"{file.name}:{node.lineno}: {node.name} has {lines} lines, at most "
            f"{LINES_PER_FUNCTION_MAX}; push ifs up and fors down"
        )


def names_imported(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted origin, for every import of a file."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.split(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom):
            found |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    return found


def call_breaches(file: SourceFile, node: ast.Call, imported: dict[str, str]) -> Iterator[str]:
    written = ast.unparse(node.func)
    head, dot, tail = written.partition(".")
    called = imported.get(head, head) + dot + tail
    instead = BANNED_CALLS.get(called) or next(
        (use for prefix, use in BANNED_PREFIXES.items() if called.startswith(prefix)), None
    )
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "create_task",
        "run_in_executor",
    ):
        instead = SUPERVISOR if node.func.attr == "create_task" else f"{EXECUTOR}.run"
    if instead and SEAMS.get(seam_of(instead)) != file.name:
        yield f"{file.name}:{node.lineno}: {written} is banned, use {instead}"
    if file.name.startswith("storage/") and (
        written == "open" or (isinstance(node.func, ast.Attribute) and touches_path(node.func))
    ):
        yield f"{file.name}:{node.lineno}: {written} reaches past {FILESYSTEM}"


def seam_of(instead: str) -> str:
    """`runtime.clock.Clock.now_ms` is reached through `runtime.clock.Clock`."""
    return next((seam for seam in SEAMS if instead.startswith(seam)), "")


def touches_path(called: ast.Attribute) -> bool:
    owner = ast.unparse(called.value)
    return called.attr in TOUCHES_FILES and ("path" in owner.lower() or "folder" in owner.lower())


def import_breaches(file: SourceFile, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    room = file.name.split("/")[0]
    for module in modules:
        rooms = ROOMS_OF_PACKAGE.get(module.split(".")[0])
        if rooms and room not in rooms:
            owner = ", ".join(sorted(rooms))
            yield f"{file.name}:{node.lineno}: {module} is imported by {owner} only; ask there"
        if file.is_kernel_file and not KERNELS_IMPORT.fullmatch(module):
            yield (
                f"{file.name}:{node.lineno}: {module}: a kernel file imports numpy, math, "
                "narthex.jit and kernels only"
            )


def source_files() -> list[SourceFile]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return [SourceFile(p.relative_to(PACKAGE).as_posix(), p.read_text()) for p in paths]


def text_files() -> Iterator[Path]:
    yield from (p for p in ROOT.iterdir() if p.is_file() and p.suffix in TEXT_SUFFIXES)
    for folder in TEXT_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            named = path.suffix in TEXT_SUFFIXES and "__pycache__" not in path.parts
            if named and path.is_file() and b"\0" not in path.read_bytes():
                yield path


def test_package_is_tidy() -> None:
    exceptions = dict(EXCEPTIONS)
    found = [breach for file in source_files() for breach in breaches(file, exceptions)]
    found += [f"{place}: no exception is needed any more, take it out" for place in exceptions]
    assert not found, "\n" + "\n".join(found)


def test_nothing_is_left_unfinished_and_no_machine_is_named() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if UNFINISHED.search(line) or ELSEWHERE.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def test_tests_lie_where_their_subject_lies() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {
        path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")
    }
    astray = {f for f in folders if f.parts and f.parts[0] not in rooms | FOLDERS_OF_TESTS}
    assert not astray


def test_kernels_are_tested_bounds_checked_and_as_python() -> None:
    """A kernel test imports the kernel file, or a kernel file or module that calls it."""
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if is_kernel_test(path)]
    imports = {module_of(file): modules_imported(file.text) for file in source_files()}
    reached = {name for path in tests for name in modules_imported(path.read_text())}
    reached |= {kernels for name in reached for kernels in imports.get(name, ())}
    waiting = [name for name in reached if "kernels" in name]
    while waiting:
        new = imports.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    kernels = {module_of(file) for file in source_files() if "@kernel(" in file.text}
    assert not kernels - reached, "no kernel test of " + ", ".join(sorted(kernels - reached))


def module_of(file: SourceFile) -> str:
    return "narthex." + file.name.removesuffix(".py").replace("/", ".")


def modules_imported(source: str) -> set[str]:
    """Every dotted name an import of `source` may load: `from a import b` gives `a` and `a.b`."""
    origins = set(names_imported(ast.parse(source)).values())
    return origins | {origin.rpartition(".")[0] for origin in origins}


def test_each_kind_of_breach_is_seen() -> None:
    bad = "\n".join(
        [
            "import asyncio, numba, time",
            "from time import monotonic as now",
            "def f():",
            *["    x = 1"] * LINES_PER_FUNCTION_MAX,
            "    global y",
            "    time.time(); now(); loop.create_task(x); path.write_bytes(b'')",
            *["z = 1"] * LINES_PER_FILE_MAX,
        ]
    )
    found = "\n".join(breaches(SourceFile("storage/utils/kernels.py", bad), {}))
    for expected in (
        "at most 500",
        "open with a docstring",
        "name it after what it holds",
        "f has 63 lines",
        "time.time is banned, use runtime.clock",
        "now is banned",
        "loop.create_task is banned",
        "no state in globals; give y",
        "path.write_bytes reaches past",
        "numba is imported by jit.py only",
        "a kernel file imports",
    ):
        assert expected in found, expected


def test_an_exception_is_used_up() -> None:
    body = "    x = 1\n" * LINES_PER_FUNCTION_MAX
    long = SourceFile("a.py", f'"""A file."""\ndef f():\n{body}')
    exceptions = {"a.py::f": "a table of cases", "a.py::g": "gone"}
    assert not list(breaches(long, exceptions))
    assert exceptions == {"a.py::g": "gone"}

"""The one door to numba: every kernel of the project is compiled here, with the same options.

A kernel is compiled for explicit types at import and kept in a cache on disk. Numba notices an
edit in a kernel's own file but not in a helper of another one, and a cached caller then returns
old answers; the cache folder of a kernel file therefore carries a digest of numba's version, of
the settings that change generated code, and of every kernel file it imports, directly or not.
"""

# ruff: noqa: SLF001 - numba has no public way to ask its cache, or to load from it later

from __future__ import annotations

import ast
import functools
import hashlib
import os
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent
CODEGEN_VARIABLES = ("NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_DEBUGINFO", "NUMBA_OPT")
CONST_ARRAY = re.compile(r"const (\w+)\[([:, 1]*)\]")

_configuration = threading.Lock()
_compiling = threading.RLock()


def cache_root() -> Path:
    """The folder of compiled kernels: `NARTHEX_KERNEL_CACHE`, else below the user's cache folder.

    A machine without a home (a service, a container) falls back to the temporary folder. Raises
    PermissionError when a folder of that name there is not this user's alone.
    """
    named = os.environ.get("NARTHEX_KERNEL_CACHE")
    if named:
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:
        home = Path("/nonexistent")
    base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    if os.access(base if base.exists() else home, os.W_OK):
        return base / "narthex" / "kernels"
    return own_folder(Path(tempfile.gettempdir()) / f"narthex-kernels-{os.getuid()}")


def own_folder(folder: Path) -> Path:
    """`folder`, made if missing: what is loaded from it is run, so nobody else may write there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or writable_by_others:
        raise PermissionError(
            f"{folder} is not this user's alone, and kernels are not loaded from it:"
            " name another folder in NARTHEX_KERNEL_CACHE"
        )
    return folder


def kernel_files() -> list[Path]:
    """Every file of the package that holds kernels, in a fixed order."""
    return sorted({*PACKAGE.rglob("kernels.py"), *PACKAGE.rglob("kernels/*.py")})


def kernel_modules() -> dict[str, set[str]]:
    """The import names of all kernel files, each with those of the kernel files it imports.

    Importing one compiles or loads its kernels.
    """
    return {
        _import_name(path): {_import_name(other) for other in _imported_kernel_files(path)}
        for path in kernel_files()
        if path.stem != "__init__"
    }


def _import_name(path: Path) -> str:
    return ".".join(("narthex", *path.relative_to(PACKAGE).with_suffix("").parts))


@functools.cache
def _imported_kernel_files(path: Path) -> tuple[Path, ...]:
    """Kernel files that `path` imports by name (`from narthex.model.kernels import ...`)."""
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("narthex."):
            continue
        stem = PACKAGE.joinpath(*(node.module or "").split(".")[1:])
        candidates = [stem.with_suffix(".py"), *(stem / f"{a.name}.py" for a in node.names)]
        found += (c for c in candidates if c.is_file() and "kernels" in c.as_posix())
    return tuple(found)


@functools.cache
def source_digest(path: Path) -> str:
    """Digest of all that decides the machine code of `path`'s kernels, but for `path` itself."""
    digest = hashlib.sha256(numba.__version__.encode())
    for name in CODEGEN_VARIABLES:
        digest.update(f"{name}={os.environ.get(name, '')};".encode())
    seen: set[Path] = {path}
    waiting = [path]
    while waiting:
        for imported in _imported_kernel_files(waiting.pop()):
            if imported not in seen:
                seen.add(imported)
                waiting.append(imported)
    for imported in sorted(seen - {path}):
        digest.update(imported.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(path: Path) -> Path:
    """Where the compiled kernels of one kernel file lie."""
    name = path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")
    return cache_root() / name / source_digest(path)


def prune_cache() -> int:
    """Remove the folders of digests that the present sources do not use; return how many."""
    wanted = {cache_folder(path) for path in kernel_files()}
    stale = [folder for folder in cache_root().glob("*/*") if folder not in wanted]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)


def kernel(signature: str) -> Callable[[Kernel], Kernel]:
    """Compile now, for exactly these types; release the GIL; IEEE rules; no threads inside.

    What is compiled on disk already is loaded at the first call.

    `signature` is numba's, with one word more: `const float64[::1]` is an array the kernel only
    reads, and takes read-only memory (`np.frombuffer` of bytes) as well as writable.
    """

    def compile_kernel(function: Kernel) -> Kernel:
        with _configuration:
            numba.config.CACHE_DIR = str(  # type: ignore[attr-defined] # set at run time
                cache_folder(Path(function.__code__.co_filename))
            )
            compiled = numba.njit(
                cache=True,
                nogil=True,
                error_model="numpy",
                fastmath=False,
                parallel=False,
            )(function)
        if numba.config.DISABLE_JIT:  # type: ignore[attr-defined] # then it is the function itself
            return function
        types = CONST_ARRAY.sub(_const_array, signature)
        if _is_cached(compiled, types):
            _load_when_called(compiled, types)
        else:
            _compile(compiled, types)
        return cast("Kernel", compiled)

    return compile_kernel


def _compile(dispatcher: Any, types: str) -> None:
    """Compile for these types, or load what is on disk; no others are ever compiled.

    Two threads may call a kernel for the first time in the same moment.
    """
    with _compiling:
        if not dispatcher.overloads:
            dispatcher.compile(types)
            dispatcher.disable_compile()


def _is_cached(dispatcher: Any, types: str) -> bool:
    """Whether the machine code for these types is on disk, and of today's source."""
    cache = dispatcher._cache
    key = cache._index_key(types, dispatcher.targetctx.codegen())
    return key in cache._cache_file._load_index()


def _load_when_called(dispatcher: Any, types: str) -> None:
    """Load machine code at the first call, by Python or by a kernel that is being compiled.

    Loading takes some 5 ms, and half of all kernels are called by other kernels only, whose
    machine code contains them.
    """
    compile_for_arguments = dispatcher._compile_for_args
    call_template = dispatcher.get_call_template

    def load() -> None:
        _compile(dispatcher, types)
        dispatcher._compile_for_args = compile_for_arguments
        dispatcher.get_call_template = call_template

    def load_and_answer(*_: Any, **__: Any) -> Any:
        load()
        return dispatcher  # what numba calls with the arguments then

    def load_and_type(*arguments: Any) -> Any:
        load()
        return call_template(*arguments)

    dispatcher._compile_for_args = load_and_answer
    dispatcher.get_call_template = load_and_type


def _const_array(match: re.Match[str]) -> str:
    dtype, shape = match.groups()
    return f"Array({dtype}, {shape.count(',') + 1}, 'C', True)"

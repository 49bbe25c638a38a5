"""`narthex kernels build`: compile every kernel into the cache, with a progress bar."""

from __future__ import annotations

import importlib

from rich.progress import Progress

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, FlagTable
from narthex.jit import cache_root, kernel_modules, prune_cache


def build(arguments: Arguments) -> int:
    """Import every kernel file; what is compiled already is only loaded."""
    modules = kernel_modules()
    with Progress(transient=False) as progress:
        task = progress.add_task("compiling kernels", total=len(modules))
        for module in modules:
            progress.update(task, description=module.removeprefix("narthex."))
            importlib.import_module(module)
            progress.advance(task)
        progress.update(task, description="kernels")
    prune_cache()
    print(f"{len(modules)} kernel files ready in {cache_root()}")
    return 0


COMMAND = Command(usage="", flags=FlagTable([]), run=build)

"""`narthex kernels build`: compile every kernel into the cache, with a progress bar.

One process a core: compiling holds the GIL. A kernel file is compiled when those that it imports
are in the cache, so that none is compiled twice.
"""

from __future__ import annotations

import importlib
from concurrent.futures import FIRST_COMPLETED, Future, wait
from graphlib import TopologicalSorter

from rich.progress import Progress

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, FlagTable
from narthex.jit import cache_root, kernel_modules, prune_cache
from narthex.runtime.processes import process_pool


def build(arguments: Arguments) -> int:
    """Import every kernel file; what is compiled already is only loaded."""
    modules = kernel_modules()
    order = TopologicalSorter(modules)
    order.prepare()
    processes = process_pool()
    with processes, Progress(transient=False) as progress:
        task = progress.add_task("compiling kernels", total=len(modules))
        compiling: dict[Future[None], str] = {}
        while order.is_active():
            for module in order.get_ready():
                compiling[processes.submit(compile_kernels, module)] = module
            for future in wait(compiling, return_when=FIRST_COMPLETED).done:
                future.result()
                module = compiling.pop(future)
                order.done(module)
                progress.update(task, advance=1, description=module.removeprefix("narthex."))
        progress.update(task, description="kernels")
    prune_cache()
    print(f"{len(modules)} kernel files ready in {cache_root()}")
    return 0


def compile_kernels(module: str) -> None:
    """Compile or load the kernels of one file, in a process of their own."""
    importlib.import_module(module)


COMMAND = Command(usage="", flags=FlagTable([]), run=build)

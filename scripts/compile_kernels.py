"""Compiles the kernels of one core, once for all cells that run on it; without a compiler the library is empty.

build_firmware then says in every cell what is missing.
"""

from pathlib import Path

from firmware.build import compile_kernels
from firmware.core import CORES
from firmware.files import whole
from firmware.toolchain import MissingCompiler
from scripts.lib.job import logged

if job := globals().get("snakemake"):
    with logged(job), whole(Path(job.output[0])) as library:
        try:
            compile_kernels(CORES[job.wildcards.core], library)
        except MissingCompiler as error:
            print(error)
            library.touch()

"""Compiles the kernels of one core, once for all cells that run on it."""

from pathlib import Path

from firmware.build import compile_kernels
from firmware.core import CORES
from scripts.lib.job import logged, whole

if job := globals().get("snakemake"):
    with logged(job), whole(Path(job.output[0])) as library:
        compile_kernels(CORES[job.wildcards.core], library)

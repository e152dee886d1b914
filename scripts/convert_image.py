"""Writes the image of one cell in a form that the board's flash tools take."""

from pathlib import Path

from firmware.board import load_board
from firmware.files import whole
from firmware.formats import FormatError, write_image
from scripts.lib import results
from scripts.lib.job import logged

if job := globals().get("snakemake"):
    with logged(job), whole(Path(job.output[0])) as output:
        build = results.read(Path(job.input.build), results.BuildRecord)
        if build.status != "ok":
            raise FormatError(f"{job.input.elf}: there is no image: {build.reason}")
        write_image(Path(job.input.elf), load_board(job.wildcards.board), output)

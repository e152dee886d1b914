"""Builds an image that takes a second of sound: the MFCC front end in C, then a keyword network.

What the features were normalised by comes from the network's prepared data. Refuses networks that take other features,
and boards that are too small.
"""

from pathlib import Path

from firmware.board import Board, load_board
from firmware.build import kib, link_model
from firmware.compiler.model import compile_model
from firmware.files import whole
from firmware.frontend.emit import sound_model
from firmware.frontend.spectrum import FrontEnd
from scripts.lib.job import logged
from scripts.lib.prepared import Prepared, load_prepared


class SoundError(ValueError):
    """A network or a board that cannot take a second of sound."""


def build_sound(tflite: Path, data: Prepared, board: Board, kernels: Path, elf: Path, name: str) -> None:
    """Write the ELF of `tflite` behind its front end; `db load` then takes 32,000 bytes of 16-bit samples."""
    front_end = FrontEnd(coefficients=max(1, data.mean.size))
    compiled = compile_model(tflite.read_bytes(), board.target, board.optimize)
    files = sound_model(compiled, front_end, data.mean, data.deviation)
    with whole(elf) as image:
        sizes, reason = link_model(board, files, kernels, image, name)
        if reason:
            raise SoundError(f"{name} with its front end on {board.name}: {reason}")
    print(f"{elf}: {kib(sizes.flash)} flash, {kib(sizes.ram)} RAM")


if job := globals().get("snakemake"):
    with logged(job):
        build_sound(
            Path(job.input.tflite),
            load_prepared(Path(job.input.data)),
            load_board(job.wildcards.board),
            Path(job.input.kernels),
            Path(job.output[0]),
            job.wildcards.model,
        )

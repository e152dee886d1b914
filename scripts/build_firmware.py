"""Builds the image of one cell, or records why there can be none."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from firmware import toolchain
from firmware.board import Board, load_board
from firmware.build import ImageSizes, build_image
from firmware.compiler.errors import UnsupportedModel
from firmware.compiler.model import CompiledModel, compile_model
from firmware.compiler.plan import describe_plan
from firmware.files import whole
from scripts.lib import results
from scripts.lib.digest import sha256_of
from scripts.lib.job import begin_part, logged
from scripts.lib.table import ENGINE


def build_firmware(
    tflite: Path, board: Board, kernels: Path, elf: Path, model: str, scheme: str
) -> results.BuildRecord:
    """Write `elf` (empty if the cell cannot run) and return its record."""
    content = tflite.read_bytes()
    tflite_sha256 = hashlib.sha256(content).hexdigest()
    names = {"model": model, "scheme": scheme, "board": board.name, "engine": ENGINE}
    with whole(elf) as image:
        image.touch()  # stays empty if there can be no image
        try:
            compiled = compile_model(content, board.target, board.optimize)
            toolchain.check_compiler(board.target)
        except (UnsupportedModel, toolchain.MissingCompiler) as error:
            return results.BuildRecord(
                **names,
                status="unsupported" if isinstance(error, UnsupportedModel) else "failed",
                reason=str(error),
                memory=None,
                macs=None,
                layers=[],
                plan=None,
                symbols=[],
                provenance=_provenance(board, None, tflite_sha256),
            )
        sizes, reason = build_image(board, compiled, kernels, image, model)
        return results.BuildRecord(
            **names,
            status="does_not_fit" if reason else "ok",
            reason=reason,
            memory=_memory(board, sizes),
            macs=compiled.macs,
            layers=_layers(compiled),
            plan=results.ArenaPlan(**describe_plan(compiled.plan)),
            symbols=[results.Symbol(**asdict(symbol)) for symbol in sizes.largest],
            provenance=_provenance(board, None if reason else image, tflite_sha256),
        )


def _provenance(board: Board, image: Path | None, tflite_sha256: str) -> results.BuildProvenance:
    return results.BuildProvenance(
        elf_sha256=sha256_of(image) if image else None,
        tflite_sha256=tflite_sha256,
        compiler=toolchain.compiler_id(board.target),
    )


def _layers(model: CompiledModel) -> list[results.PlannedLayer]:
    return [
        results.PlannedLayer(name=step.writes[0].name, op=step.operator.kind, macs=step.macs) for step in model.steps
    ]


def _memory(board: Board, sizes: ImageSizes) -> results.BuildMemory:
    """Initial values of variables count as code: they are no constants of the model."""
    return results.BuildMemory(
        flash=results.Flash(
            code=sizes.flash - sizes.weights,
            weights=sizes.weights,
            total=sizes.flash,
            capacity=board.image_region.size_bytes,
        ),
        ram=results.ReservedRam(
            arena=sizes.arena,
            static=sizes.static,
            stack=sizes.stack,
            total=sizes.ram,
            capacity=sum(region.size_bytes for region in board.rams),
        ),
    )


if job := globals().get("snakemake"):
    with logged(job):
        board = load_board(job.wildcards.board)
        for number, tflite in enumerate(map(Path, job.input.tflite)):
            begin_part(tflite.stem)
            record = build_firmware(
                tflite,
                board,
                Path(job.input.kernels),
                Path(job.output.elf[number]),
                job.wildcards.model,
                tflite.stem,
            )
            results.write(Path(job.output.build[number]), record)
            print(record.status, record.reason or "")

"""What the page carries: rows, and for each cell its layers, memory plan, log and provenance.

These details are most of the data, and only the section of a cell shows them: they are apart, so that the page opens
without. Cells of one network mostly share their layers and plan, which are stored once in `graphs`.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from firmware import settings
from firmware.board import Board, load_board
from scripts.lib import table
from scripts.lib.memory import largest, way_to_shrink
from scripts.lib.results import HOST
from scripts.report.cells import Cell

# Only the section of a cell shows these: they are part of its provenance there.
_NOT_IN_ROWS = ("parity_oracle", "parity_samples", "parity_max_abs_diff", "parity_tolerance", "compiler", "emulator")
_HASHES = ("elf_sha256", "tflite_sha256")
_COLUMNS = [field.name for field in fields(table.Row) if field.name not in (*_NOT_IN_ROWS, *_HASHES)]


@dataclass(frozen=True)
class Extras:
    """What the page says beside the cells: logs of the measurements by cell, advice by model and board, its budget."""

    logs: dict[str, str]
    advice: dict[str, dict[str, list[str]]]
    budget_points: float


def page_data(cells: list[Cell], extras: Extras, root: Path) -> dict[str, Any]:
    """Return plain data without details; `root` is the checkout whose config/ describes models, datasets and boards."""
    return {
        "columns": _COLUMNS,
        "rows": [[table.typed(name, getattr(cell.row, name)) for name in _COLUMNS] for cell in cells],
        "advice": {model: {board: _plain(text) for board, text in one.items()} for model, one in extras.advice.items()},
        "budget_points": extras.budget_points,
        "model_info": {name: _model(name, root) for name in dict.fromkeys(cell.row.model for cell in cells)},
        "board_info": {name: _board(name, root) for name in dict.fromkeys(cell.row.board for cell in cells)},
    }


def page_details(cells: list[Cell], logs: dict[str, str]) -> dict[str, Any]:
    """Return the details of the cells, in their order, as plain data; `logs` are those of the measurements by cell."""
    graphs: dict[str, int] = {}
    details = [_detail(cell, logs.get(cell.row.cell), graphs) for cell in cells]
    return {"cells": details, "graphs": [json.loads(text) for text in graphs]}


def short_name(name: str) -> str:
    """The readable part of a layer's name: the converter joins the names of all that it fused."""
    return "/".join(name.split(";")[0].split("/")[-2:])


def _plain(lines: list[str]) -> list[str]:
    """Lines of a Markdown list as text, without its marks."""
    return [line.removeprefix("- ").replace("`", "").replace("**", "") for line in lines]


def _detail(cell: Cell, log: str | None, graphs: dict[str, int]) -> dict[str, Any]:
    detail: dict[str, Any] = {"cycles": [layer.cycles for layer in cell.measurement.layers]}
    if cell.build and cell.build.plan:
        plan = cell.build.plan
        graph = {
            "layers": [[short_name(layer.name), layer.op, layer.macs] for layer in cell.build.layers],
            "arena": plan.arena_bytes,
            "bound": plan.lower_bound_bytes,
            "tensors": [[short_name(t.name), t.offset, t.size_bytes, t.first, t.last] for t in plan.tensors],
        }
        detail["graph"] = graphs.setdefault(json.dumps(graph), len(graphs))
    else:
        detail["layers"] = [[short_name(layer.name), layer.op, layer.macs] for layer in cell.measurement.layers]
    if cell.build:
        found = [symbol for memory in ("flash", "ram") for symbol in largest(cell.build, memory)]
        detail["largest"] = [[s.memory, s.name, s.size_bytes, way_to_shrink(s)] for s in found]
    if log:
        detail["log"] = log
    detail["provenance"] = [[name, text] for name, text in _provenance(cell) if text]
    return detail


def _provenance(cell: Cell) -> list[tuple[str, str | None]]:
    row, parity = cell.row, cell.measurement.parity
    found = "no number" if parity and parity.max_abs_diff is None else parity and f"{parity.max_abs_diff:g}"
    return [
        ("engine", row.engine),
        ("compiler", row.compiler),
        ("ran on", None if row.status != "ok" else row.emulator or "the board itself"),
        ("runs", cell.measurement.latency and str(cell.measurement.latency.runs)),
        ("outputs compared with", parity and f"{parity.oracle}, {parity.samples} samples"),
        ("largest difference", parity and f"{found}, allowed {parity.tolerance:g}"),
        ("image, SHA-256", row.elf_sha256),
        ("model file, SHA-256", row.tflite_sha256),
        ("float32 model file, SHA-256", cell.accuracy.float_tflite_sha256),
    ]


def _model(name: str, root: Path) -> dict[str, Any]:
    path = root / f"config/models/{name}.yaml"
    if not path.is_file():
        return {"title": name, "facts": [], "dataset": []}
    declared = settings.read_yaml(path)
    if isinstance(variant := declared.get("variant"), dict):  # has what it does not say from its base
        declared = settings.read_yaml(path.with_stem(str(variant["of"]))) | declared
    if target := declared.pop("mlperf_target", None):
        declared["MLPerf Tiny asks for"] = f"{target:g}, on the benchmark's own data, which differ from these"
    dataset = root / f"config/datasets/{declared.get('dataset')}.yaml"
    return {
        "title": declared.get("title", name),
        "facts": _facts(declared, "title"),
        "dataset": _facts(settings.read_yaml(dataset), "files", "sources") if dataset.is_file() else [],
    }


def _facts(declared: dict[str, Any], *without: str) -> list[list[str]]:
    """Keys and values of a YAML file as text, nested ones joined by a dot."""
    facts: list[list[str]] = []
    for key, value in declared.items():
        if isinstance(value, dict):
            facts += [[f"{key}.{name}", text] for name, text in _facts(value)] if key not in without else []
        elif key not in without:
            facts.append([key, ", ".join(map(str, value)) if isinstance(value, list) else str(value)])
    return facts


def _board(name: str, root: Path) -> dict[str, Any]:
    if not (root / f"config/boards/{name}.yaml").is_file():
        title = "This machine: its times are not those of any board" if name == HOST else name
        return {"title": title, "short": title, "facts": [], "memory": [], "references": []}
    board = load_board(name, root / "config/boards")
    return {
        "title": board.title,
        "short": f"{board.core}, {board.clock_hz / 1e6:g} MHz",
        "facts": _board_facts(board),
        "memory": [[region.name, region.kind, f"0x{region.origin:08x}", region.size_bytes] for region in board.memory],
        "references": board.references,
    }


def _board_facts(board: Board) -> list[list[str]]:
    facts = [
        ["core", board.core],
        ["FPU", board.fpu],
        ["clock", f"{board.clock_hz / 1e6:g} MHz"],
        ["flash wait states", str(board.flash_wait_states)],
        ["console", f"{board.console.uart}, {board.console.baud} baud"],
    ]
    return facts + [
        [f"power: {key}", str(value)] for key, value in board.power.model_dump().items() if value is not None
    ]

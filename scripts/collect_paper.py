"""Collects what a paper takes as it is: results/paper/ with every figure as SVG, PDF and PNG and the tables.

manifest.json beside them has the SHA-256 and caption of each file, and the manifest of the results behind them.
"""

import json
import shutil
from pathlib import Path

from firmware.files import whole
from scripts.lib.digest import sha256_of
from scripts.lib.job import logged
from scripts.plot_figures import write_figure
from scripts.report import cells, figures, tables

FORMATS = ("svg", "pdf", "png", "csv")
WRITERS = {"csv": tables.to_csv, "md": tables.to_markdown, "tex": tables.to_latex}


def collect_paper(measured: list[cells.Cell], run: Path, folder: Path) -> None:
    """Write everything under `folder`; `run` is the manifest of the results."""
    for part in ("figures", "tables"):  # nothing of an earlier run stays
        shutil.rmtree(folder / part, ignore_errors=True)
    made = {}
    for name in figures.names():
        paths = [folder / f"figures/{name}.{kind}" for kind in FORMATS]
        write_figure(name, measured, paths)
        made |= dict.fromkeys(paths, figures.caption(name))
    rows = [cell.row for cell in measured]
    for one in tables.TABLES:
        for kind, write in WRITERS.items():
            path = folder / f"tables/{one.name}.{kind}"
            with whole(path) as part:
                part.write_text(write(one, rows), encoding="utf-8", newline="\n")
            made[path] = one.title
    content = {
        "schema_version": 1,
        "files": {
            path.relative_to(folder).as_posix(): {"sha256": sha256_of(path), "caption": caption}
            for path, caption in sorted(made.items())
        },
        "results": json.loads(Path(run).read_text(encoding="utf-8")),
    }
    with whole(folder / "manifest.json") as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


if job := globals().get("snakemake"):
    with logged(job):
        measured = cells.load(Path(job.input.table))
        collect_paper(measured, Path(job.input.manifest), Path(job.output.manifest).parent)

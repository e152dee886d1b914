"""Draws every figure of scripts/report/figures, and writes the data of each beside it as CSV.

Refuses a table that its records contradict. A matrix of more cells than a figure can show gives figures that say so.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas
from matplotlib import pyplot
from matplotlib.figure import Figure

from firmware.files import whole
from scripts.lib.job import logged
from scripts.report import cells, figures, style


def figure_data(name: str, measured: list[cells.Cell]) -> pandas.DataFrame:
    """Return what a figure draws, with the cell and hashes of every point; nothing if there are too many cells."""
    return figures.figure_module(name).points(measured if len(measured) <= figures.MOST_CELLS else [])


def plot_figure(name: str, measured: list[cells.Cell]) -> tuple[Figure, pandas.DataFrame]:
    """Return one figure and the data frame behind it."""
    style.apply()
    points = figure_data(name, measured)
    if len(measured) > figures.MOST_CELLS:
        figure = pyplot.figure(figsize=(8, 2))
        pyplot.close(figure)
        text = f"{len(measured)} cells are more than a figure can show ({figures.MOST_CELLS}): choose fewer"
        return style.note(figure, text), points
    return figures.figure_module(name).draw(points), points


def write_figure(name: str, measured: list[cells.Cell], paths: list[Path]) -> None:
    """Write one figure to `paths`: .csv is its data, any other suffix a picture."""
    figure, points = plot_figure(name, measured)
    for path in map(Path, paths):
        if path.suffix != ".csv":
            style.save(figure, path)
            continue
        with whole(path) as part:
            points.to_csv(part, index=False, float_format="%.9g", lineterminator="\n")


if job := globals().get("snakemake"):
    with logged(job):
        measured = cells.load(Path(job.input.table))
        outputs = list(map(Path, job.output))
        with ProcessPoolExecutor(job.threads, get_context("fork")) as processes:
            drawn = {
                name: processes.submit(write_figure, name, measured, [path for path in outputs if path.stem == name])
                for name in figures.names()
            }
        for name, figure in drawn.items():
            print(name)
            figure.result()

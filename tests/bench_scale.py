"""What a large matrix costs beside its cells: python -m tests.bench_scale [--cells 100 1000 10000].

For each size a matrix of copied models and boards is planned by a dry run in a folder of its own: wall time, CPU time,
peak memory. Then the CPU time that the two jobs of a model on a board spend on starting, for each cell that they make:
Snakemake's part, Python, imports. Then, where a matrix has run, the page of so many copies of its cells: making it, and
opening it in Chromium.
"""

import argparse
import itertools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from scripts.build_report import build_report
from scripts.lib.schemes import SCHEMES
from scripts.report import cells
from tests.browser import CHROMIUM, Browser
from tests.conftest import NO_PROFILE, ROOT, SOURCES, Checkout

BOARDS = 50
SCRIPTS = ("build_firmware", "measure_cell")
TABLE = ROOT / "results/table.csv"
_REPEATS = 5


def plan(count: int, root: Path) -> str:
    """Dry-run a matrix of about so many cells in `root`; returns a line of figures."""
    Checkout(ROOT).copy(root, *SOURCES)
    boards = _copies(root / "config/boards/stm32f4_disco.yaml", min(BOARDS, max(1, count // len(SCHEMES))))
    models = _copies(root / "config/models/kws_mlp.yaml", max(1, count // (len(SCHEMES) * len(boards))))
    lines = [f"{key}: [{', '.join(names)}]" for key, names in (("models", models), ("boards", boards))]
    (root / "config/config.yaml").write_text("\n".join([*lines, f"schemes: [{', '.join(SCHEMES)}]"]) + "\n")
    command = ["snakemake", *NO_PROFILE, "--dry-run", "--quiet", "all"]
    _used(command, root)  # compiles, writes the stamps
    started = time.monotonic()
    used = _used(command, root)
    wall_s, cpu_s = time.monotonic() - started, used.ru_utime + used.ru_stime
    return (
        f"{len(models) * len(boards) * len(SCHEMES):>6}  {wall_s:>7.1f}  {cpu_s:>6.1f}  {used.ru_maxrss / 1024:>7.0f}"
    )


def _copies(source: Path, count: int) -> list[str]:
    """Declare copies of what a YAML file declares; returns their names."""
    names = [f"copy-{number}" for number in range(count)]
    for name in names:
        shutil.copy(source, source.with_stem(name))
    return names


def start_up(root: Path) -> str:
    """Run the two jobs of some pairs, which only import what the real ones do; returns a line of figures."""
    rules = ["rule all:", f"    input: expand('{{pair}}.{SCRIPTS[-1]}', pair=range({_STARTED}))"]
    for script, made_from in zip(SCRIPTS, ("", f"'{{pair}}.{SCRIPTS[0]}'"), strict=True):
        lines = [f"rule {script}:", f"    input: {made_from}", f"    output: '{{pair}}.{script}'"]
        rules += [
            *lines,
            f"    log: '{{pair}}.{script}.log'",
            f"    benchmark: '{{pair}}.{script}.tsv'",
            f"    script: '{script}.py'",
        ]
        (root / f"{script}.py").write_text(_SCRIPT.format(script=script))
    (root / "Snakefile").write_text("\n".join(rules) + "\n")
    command = ["snakemake", *NO_PROFILE, "--cores", "1", "--scheduler", "greedy", "--quiet", "all"]
    idle = _used([*command, "--dry-run"], root).ru_utime
    used = _used(command, root)
    return f"{(used.ru_utime + used.ru_stime - idle) / _STARTED / len(SCHEMES):>6.2f}"


_STARTED = 20
_SCRIPT = """from pathlib import Path
import scripts.{script}
from scripts.lib.job import logged
with logged(snakemake):
    Path(snakemake.output[0]).touch()
"""


def _used(command: list[str], root: Path) -> resource.struct_rusage:
    """What a command and its children used."""
    process = subprocess.Popen(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return used


def open_page(count: int, folder: Path) -> str:
    """Write the page of `count` cells, copies of the measured ones, and open it; returns a line of figures."""
    measured = cells.load(TABLE)
    copies = (
        replace(
            cell,
            row=replace(
                cell.row, model=f"{cell.row.model}-{number // BOARDS}", board=f"{cell.row.board}-{number % BOARDS}"
            ),
        )
        for number in itertools.count()
        for cell in measured
    )
    many = list(itertools.islice(copies, count))
    started, path = time.process_time(), folder / "index.html"
    path.write_text(build_report(many, folder, ROOT), encoding="utf-8")
    made_s = time.process_time() - started
    with Browser(folder / "profile") as browser:
        opened = [
            f"{browser.open(path):.1f}" for _ in range(_REPEATS) if browser.call("Page.navigate", url="about:blank")
        ]
    return f"{count:>6}  {made_s:>7.1f}  {path.stat().st_size / 1e6:>6.1f}  {', '.join(opened)}"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_scale", description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[100, 1000, 10_000])
    options = parser.parse_args()
    print("dry run:\n cells   wall s   CPU s  peak MB")
    for count in options.cells:
        with tempfile.TemporaryDirectory() as folder:
            print(plan(count, Path(folder).resolve()), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(f"start-up of jobs for each cell, CPU s:\n{start_up(Path(folder))}", flush=True)
    if CHROMIUM is None or not TABLE.exists():
        print(f"no page: {'Chromium is not installed' if CHROMIUM is None else 'there are no results'}")
        return 0
    print("page:\n  rows  made in   MB     opened in, s")
    for count in options.cells:
        with tempfile.TemporaryDirectory() as folder:
            print(open_page(count, Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

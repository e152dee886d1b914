"""What a large matrix costs before any cell runs: python -m scripts.bench_scale [--cells 100 1000 10000].

For each size a matrix of copied models and boards is planned by a dry run in a folder of its own: wall time, CPU time,
peak memory. Then the CPU time that the two jobs of a cell spend on starting: Python, imports, Snakemake's part.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.lib.schemes import SCHEMES

ROOT = Path(__file__).parents[1]
SOURCES = ("config", "data/published", "firmware", "profiles", "rules", "scripts", "Snakefile")
BOARDS = 50
SCRIPTS = ("build_firmware", "measure_cell")
_REPEATS = 5


def plan(cells: int, root: Path) -> str:
    """Dry-run a matrix of about so many cells in `root`; returns a line of figures."""
    for part in SOURCES:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, root / part)
    boards = _copies(root / "config/boards/stm32f4_disco.yaml", min(BOARDS, max(1, cells // len(SCHEMES))))
    models = _copies(root / "config/models/kws_mlp.yaml", max(1, cells // (len(SCHEMES) * len(boards))))
    lines = [f"{key}: [{', '.join(names)}]" for key, names in (("models", models), ("boards", boards))]
    (root / "config/config.yaml").write_text("\n".join([*lines, f"schemes: [{', '.join(SCHEMES)}]"]) + "\n")
    command = [*_SNAKEMAKE, "--dry-run", "--quiet", "all"]
    options = {"cwd": root, "env": {**os.environ, "PYTHONPATH": str(root)}, "stdout": subprocess.DEVNULL}
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True, **options)  # compiles, writes the stamps
    started = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"the dry run of {cells} cells ended with status {status}")
    cpu_s = used.ru_utime + used.ru_stime
    size = len(models) * len(boards) * len(SCHEMES)
    return f"{size:>6}  {time.monotonic() - started:>7.1f}  {cpu_s:>6.1f}  {used.ru_maxrss / 1024:>7.0f}"


def start_up_s(*command: str) -> float:
    """The least CPU time of a command over some runs."""
    return min(_cpu_s(command) for _ in range(_REPEATS))


def _cpu_s(command: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


_SNAKEMAKE = ("snakemake", "--profile", "none", "--workflow-profile", "none")


def _copies(source: Path, count: int) -> list[str]:
    """Declare copies of what a YAML file declares; returns their names."""
    names = [f"copy-{number}" for number in range(count)]
    for name in names:
        shutil.copy(source, source.with_stem(name))
    return names


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_scale", description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[100, 1000, 10_000])
    options = parser.parse_args()
    print("dry run:\n cells   wall s   CPU s  peak MB")
    for cells in options.cells:
        with tempfile.TemporaryDirectory() as folder:
            print(plan(cells, Path(folder).resolve()), flush=True)
    print("start-up of a job, CPU s:")
    for script in SCRIPTS:
        print(f"{start_up_s(sys.executable, '-c', f'import scripts.{script}'):>6.2f}  {script}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

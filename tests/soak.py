"""Long campaigns: python -m tests.soak CAMPAIGN --seed N --count M [--jobs J].

graphs: random legal graphs of all types against their oracles, under sanitizers; a failure is reduced and printed.
cores: the same with the fast kernels of each core in turn, on its virtual CPU.
mutations: damaged files against the compiler. serial: a link with one to three faults between host and board, behind
which our image is measured as ours or as foreign. runner: performance runs as MLPerf Tiny's rules want them, five loops
of ten seconds. hostile_images: signed images that were spoilt, against the bootloader. powercuts: power that fails once
while a device is updated. kills: a run in whose midst Snakemake, a job or a virtual board is killed, and its rerun;
`make reproduce` must have made har_cnn1d. The same seed gives the same campaign; the exit code is 1 on any failure.
"""

import argparse
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from firmware.build import compile_kernels
from firmware.core import CORES, MODELLED_CORES
from tests import kills, mutations
from tests.conftest import ROOT, Checkout
from tests.deployment import campaigns
from tests.faulty_link import Cell, FaultyLink, ForeignCell, check, plan, short_limits
from tests.isolation import ChildDied, run_in_child
from tests.kernels.core_check import check_on_core
from tests.kernels.graph_check import check_graphs
from tests.kernels.random_graphs import TYPES, Recipe, build_graph, random_recipe, shrink
from tests.kernels.sanitized import describe_sanitizers
from tests.mlperf_runner import Runner
from tests.unit.test_measure_cell import BOARD, make_cell

_BATCH = 25
_BATCH_S = 600


def main() -> int:
    """Run a campaign; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("campaign", choices=tuple(_CAMPAIGNS))
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31), help="default: a new one, printed")
    parser.add_argument("--count", type=int, help=f"default: {', '.join(f'{k} {v[1]}' for k, v in _CAMPAIGNS.items())}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    arguments = parser.parse_args()
    campaign, usual_count = _CAMPAIGNS[arguments.campaign]
    count = usual_count if arguments.count is None else arguments.count
    print(f"{arguments.campaign}: seed {arguments.seed}, {count} cases", flush=True)
    seeds = [int(seed) for seed in np.random.default_rng(arguments.seed).integers(1 << 31, size=count)]
    children = []
    for job in range(arguments.jobs):
        child = os.fork()
        if child == 0:
            _run_and_leave(campaign, list(enumerate(seeds))[job :: arguments.jobs])
        children.append(child)
    return max([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children])


def _run_and_leave(campaign: Callable[[list[tuple[int, int]]], int], cases: list[tuple[int, int]]) -> None:
    """Never returns: what a forked child raises must not reach its parent's code."""
    code = 1
    try:
        code = campaign(cases)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _graphs(cases: list[tuple[int, int]]) -> int:
    print(describe_sanitizers(), flush=True)
    return _campaign(cases, [check_graphs])


def _cores(cases: list[tuple[int, int]]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        checks = []
        for core in map(CORES.get, MODELLED_CORES):
            kernels = Path(folder) / f"{core.name}.a"
            compile_kernels(core, kernels)
            checks.append(partial(check_on_core, core=core.name, kernels=kernels))
        return _campaign(cases, checks)


Check = Callable[[list[Recipe]], list[str | None]]


def _campaign(cases: list[tuple[int, int]], checks: list[Check]) -> int:
    """Check random graphs in batches, each by the next of the checks."""
    recipes = [random_recipe(seed, TYPES[index % len(TYPES)]) for index, seed in cases]
    outcomes: Counter[str] = Counter()
    for start in range(0, len(recipes), _BATCH):
        batch, check = recipes[start : start + _BATCH], checks[start // _BATCH % len(checks)]
        for recipe, problem in zip(batch, _checked(check, batch), strict=True):
            outcomes[problem if problem in (None, "empty") else "failed"] += 1
            if problem not in (None, "empty"):
                _report(check, recipe, problem)
        print(f"{min(start + _BATCH, len(recipes))}/{len(recipes)}", flush=True)
    print(f"equal {outcomes[None]}, without operators {outcomes['empty']}, failed {outcomes['failed']}", flush=True)
    return int(outcomes["failed"] > 0)


def _checked(check: Check, recipes: list[Recipe]) -> list[str | None]:
    """Check in a child, since an oracle that objects to a model ends its process; then one by one to find which."""
    try:
        return run_in_child(lambda: check(recipes), _BATCH_S)
    except ChildDied as error:
        return [str(error)] if len(recipes) == 1 else [_checked(check, [recipe])[0] for recipe in recipes]


def _report(check: Check, recipe: Recipe, problem: str) -> None:
    smallest = shrink(recipe, lambda candidate: _checked(check, [candidate])[0] not in (None, "empty"))
    again = _checked(check, [smallest])[0]
    graph = build_graph(smallest)
    path = Path(f"/tmp/boardwalk-graph-{recipe.seed}.tflite")
    path.write_bytes(graph.content if graph else b"")
    where = check.keywords["core"] if isinstance(check, partial) else "host"
    print(
        f"FAILED on {where}: {recipe.dtype} seed {recipe.seed}: {problem}\n  reduced: {smallest}\n  {again}\n  {path}",
        flush=True,
    )


def _mutations(cases: list[tuple[int, int]]) -> int:
    print(describe_sanitizers(), flush=True)
    files = mutations.originals()
    outcomes: Counter[str] = Counter()
    for number, (index, seed) in enumerate(cases):
        mutant = mutations.mutate(files[index % len(files)], np.random.default_rng(seed))
        result = mutations.outcome(mutant)
        outcomes[result if result in ("refused", "compiled") else "failed"] += 1
        if result not in ("refused", "compiled"):
            path = Path(f"/tmp/boardwalk-mutant-{seed}.tflite")
            path.write_bytes(mutant)
            print(f"FAILED file {index % len(files)} seed {seed}: {result}\n  {path}", flush=True)
        if number % 1000 == 999:
            print(f"{number + 1}/{len(cases)}", flush=True)
    print(f"refused {outcomes['refused']}, compiled {outcomes['compiled']}, failed {outcomes['failed']}", flush=True)
    return int(outcomes["failed"] > 0)


def _serial(cases: list[tuple[int, int]]) -> int:
    outcomes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, short_limits(), contextlib.ExitStack() as open_links:
        ours = _small_cell(Path(folder))
        link = open_links.enter_context(FaultyLink(ours.elf, ours.board.name))
        benches = []
        for cell in (ours, ForeignCell(**vars(ours))):
            with link.session([]) as port, contextlib.redirect_stdout(None):
                expected = cell.measure(port)
            benches.append((cell, expected, list(link.traffic)))
        for number, (index, seed) in enumerate(cases):
            cell, expected, traffic = benches[index % 5 == 4]
            faults = plan(seed, traffic)
            kinds.update(fault.kind for fault in faults)
            try:
                with contextlib.redirect_stdout(None):
                    outcome = check(link, cell, expected, faults)
                outcomes["right" if outcome == "right" else "named error"] += 1
            except Exception as error:  # a case that raises anything else has failed, and the others go on
                outcomes["failed"] += 1
                print(f"FAILED case {index} seed {seed}: {type(error).__name__}: {error}", flush=True)
            if number % 100 == 99:
                print(f"{number + 1}/{len(cases)}", flush=True)
    print("faults: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())), flush=True)
    print(f"right {outcomes['right']}, named errors {outcomes['named error']}, failed {outcomes['failed']}", flush=True)
    return int(outcomes["failed"] > 0)


def _runner(cases: list[tuple[int, int]]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        cell = _small_cell(Path(folder))
        command = [sys.executable, "-m", "firmware.emulator", cell.elf, "--board", cell.board.name, "--realtime"]
        with np.load(cell.vectors) as data:
            sample = data["input_0"][0].tobytes()
        for _ in cases:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as board:
                with Runner(board.stdout.readline().removeprefix("port: ").strip()) as runner:
                    runner.boot()
                    print(f"{runner.identify()}: {runner.performance(sample):.1f} inferences/s", flush=True)
                board.terminate()
    return 0


def _hostile_images(cases: list[tuple[int, int]]) -> int:
    fortresses, outcomes = [campaigns.Fortress(name) for name in campaigns.BOARDS], Counter()
    for index, seed in cases:
        fortress = fortresses[index % len(fortresses)]
        outcomes[_outcome(lambda fortress=fortress, seed=seed: fortress.attack(seed))] += 1
        _tell(outcomes, len(cases), 50)
    return int(outcomes["failed case"] > 0)


def _powercuts(cases: list[tuple[int, int]]) -> int:
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        folder, outcomes = Path(name), Counter()
        jobs = [campaigns.field_job(folder / name, name) for name in campaigns.BOARDS]
        delivered = [campaigns.deliver(job, folder / job.board.name) for job in jobs]
        for index, seed in cases:
            which = index % len(jobs)
            cut = partial(campaigns.cut, jobs[which], delivered[which], folder, seed)
            outcomes[f"{jobs[which].board.name} {_outcome(cut)}"] += 1
            _tell(outcomes, len(cases), 5)
    return int(any("failed case" in outcome for outcome in outcomes))


def _tell(outcomes: Counter[str], of: int, every: int) -> None:
    """Print what has come of the cases so far, now and then and at the end."""
    if (done := outcomes.total()) % every == 0 or done == of:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(outcomes.items()))
        print(f"{done}/{of}: {kinds}", flush=True)


def _outcome(case: Callable[[], str]) -> str:
    """Return what a case says, or that it failed, which is printed."""
    try:
        return case()
    except Exception as error:  # the others go on
        print(f"FAILED {type(error).__name__}: {error}", flush=True)
        return "failed case"


def _small_cell(folder: Path) -> Cell:
    compile_kernels(BOARD.target, folder / "libkernels.a")
    elf, build, vectors = make_cell(folder, folder / "libkernels.a")
    return Cell(elf, build, BOARD, folder / "m.tflite", vectors)


def _kills(cases: list[tuple[int, int]]) -> int:
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = kills.Bench.make(Checkout(ROOT), Path(folder).resolve() / "checkout")
        for number, (index, seed) in enumerate(cases, start=1):
            target = kills.TARGETS[index % len(kills.TARGETS)]
            try:
                kills.kill_and_rerun(bench, seed, target)
                outcomes[target] += 1
            except AssertionError as error:
                outcomes["failed"] += 1
                print(f"FAILED case {index} seed {seed}: {error}", flush=True)
            print(f"{number}/{len(cases)}", flush=True)
    killed = ", ".join(f"{outcomes[target]} {target}" for target in kills.TARGETS)
    print(f"killed {killed}; failed {outcomes['failed']}", flush=True)
    return int(outcomes["failed"] > 0)


_CAMPAIGNS = {
    "graphs": (_graphs, 2000),
    "cores": (_cores, 1000),
    "mutations": (_mutations, 10_000),
    "serial": (_serial, 1000),
    "runner": (_runner, 1),
    "hostile_images": (_hostile_images, 1000),
    "powercuts": (_powercuts, 200),
    "kills": (_kills, 50),
}

if __name__ == "__main__":
    sys.exit(main())

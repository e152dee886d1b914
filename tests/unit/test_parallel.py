"""Jobs at the same time do not disturb each other, and checkouts that share a board take turns."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from scripts.device.virtual_board import VirtualBoard
from scripts.measure_cell import measure_cell
from tests.unit.test_measure_cell import BOARD, kernels, make_cell  # noqa: F401

JOBS = 3
TURN = """
import time
from scripts.device.exclusive import any_free
from scripts.lib.lab import Unit
with any_free([Unit(board="arduino_zero", port="/dev/boardwalk-turns")], 60):
    print(time.monotonic())
    time.sleep(0.3)
    print(time.monotonic())
"""


def test_parallel_jobs_build_and_measure_what_they_do_alone(tmp_path, kernels):  # noqa: F811
    def job(when, seed):
        folder = tmp_path / f"{when}{seed}"
        folder.mkdir()
        elf, build, vectors = make_cell(folder, kernels, seed=seed)
        return elf.read_bytes(), build, measure_cell(elf, build, BOARD, vectors)

    alone = [job("alone", seed) for seed in range(JOBS)]
    with ThreadPoolExecutor(JOBS) as pool:
        assert list(pool.map(lambda seed: job("together", seed), range(JOBS))) == alone
    assert {record.status for _, _, record in alone} == {"ok"}
    assert len({elf for elf, _, _ in alone}) == JOBS


def test_virtual_boards_have_a_port_each(tmp_path, kernels):  # noqa: F811
    elf = make_cell(tmp_path, kernels)[0]
    with ExitStack() as stack:
        assert len({stack.enter_context(VirtualBoard(elf, BOARD.name)).port for _ in range(JOBS)}) == JOBS


def test_two_checkouts_take_turns_at_a_board(tmp_path):
    processes = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-c", TURN]
        processes.append(subprocess.Popen(command, cwd=tmp_path / name, stdout=subprocess.PIPE, text=True))
    turns = sorted(tuple(map(float, process.communicate(timeout=60)[0].split())) for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert turns[0][1] <= turns[1][0]

"""Kernels and weights in RAM instead of flash: fewer cycles where flash has wait states, and the same results."""

import pytest

from firmware import settings, toolchain
from firmware.board import BOARDS_FOLDER, Board, header, load_board
from firmware.build import HARNESS, ImageSizes, chip_sources, image_sizes, place
from firmware.linker import linker_script
from tests.unit.emulator_programs import run_to_stop

MODEL = """
#include <stdint.h>
int32_t model(void);
#define X(n) n, -n, 3 * n, 7 - n
static const int8_t weights[] = {X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12)};
int32_t model(void)
{
    int32_t sum = 0;
    for (volatile int32_t round = 0; round < 2000; round++) {
        for (uint32_t i = 0; i < sizeof weights; i++) { /* three jumps to other lines: two can be cached */
            sum += *(volatile const int8_t *)&weights[i] * (int32_t)i;
            __asm volatile("b 1f\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n 1: nop");
            __asm volatile("b 1f\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n nop\\n 1: nop");
        }
    }
    return sum;
}
"""
MAIN = """
#include <stdint.h>
int32_t model(void);
int main(void);
int main(void)
{
    register int32_t result __asm("r0") = model();
    __asm volatile("bkpt #0" : : "r"(result));
    return 0;
}
"""


def run(name, folder, **place):
    """Return (result, cycles, sizes) of the model on a board with its parts in these places."""
    board = load_board(name)
    board = board.model_copy(update={"place": board.place.model_copy(update=place)})
    folder.mkdir()
    for file, text in (("model.c", MODEL), ("main.c", MAIN), ("board.h", header(board))):
        (folder / file).write_text(text)
    objects = [folder / "model.o", folder / "main.o"]
    toolchain.compile_object([folder / "model.c"], objects[0], board.target, "-Os", [folder])
    sources = [folder / "main.c", *chip_sources(board)]
    toolchain.compile_object(sources, objects[1], board.target, "-Os", [folder, HARNESS])
    (folder / "image.ld").write_text(linker_script(board, board.rams[0]))
    image = folder / "image.elf"
    toolchain.link(objects, image, board.target, folder / "image.ld")
    machine, stop = run_to_stop(board, image)
    assert stop.reason.startswith("BKPT"), stop
    result, cycles = machine.engine.reg_read(66), machine.counter.cycles  # r0
    machine.close()
    return result, cycles, image_sizes(image)


@pytest.mark.parametrize("name", ["nucleo_g0b1re", "nucleo_l4r5zi"])
def test_ram_saves_the_wait_for_flash(name, tmp_path):
    flash = run(name, tmp_path / "flash")
    weights = run(name, tmp_path / "weights", weights="ram")
    code = run(name, tmp_path / "code", code="ram")
    assert flash[0] == weights[0] == code[0]
    assert weights[2].data > flash[2].data
    assert code[2].data > flash[2].data
    if name == "nucleo_g0b1re":  # no cache for data, two lines for code
        assert weights[1] < flash[1]
        assert code[1] < flash[1]


@pytest.mark.parametrize("name", ["stm32f746g_disco", "esp32c3_devkitm"])
def test_code_stays_out_of_ram_that_has_no_instruction_bus(name, tmp_path):
    content = settings.read_yaml(BOARDS_FOLDER / f"{name}.yaml") | {"name": name, "place": {"code": "ram"}}
    with pytest.raises(settings.SettingsError, match="on the data bus only"):
        settings.check(tmp_path / "board.yaml", content, Board)


def test_a_place_that_is_none_is_refused(tmp_path):
    content = settings.read_yaml(BOARDS_FOLDER / "nucleo_l4r5zi.yaml") | {"name": "x", "place": {"weights": "rom"}}
    with pytest.raises(settings.SettingsError, match=r"place\.weights"):
        settings.check(tmp_path / "board.yaml", content, Board)


@pytest.mark.parametrize(
    ("arena", "inputs", "regions"),
    [
        (30_000, 20_000, ("dtcm", "dtcm")),
        (50_000, 30_000, ("dtcm", "sram")),
        (70_000, 30_000, ("sram", "dtcm")),
        (70_000, 70_000, ("sram", "sram")),
    ],
)
def test_the_arena_gets_the_fast_ram_before_the_inputs_do(arena, inputs, regions):
    sizes = ImageSizes(code=9000, weights=1000, data=0, bss=100, inputs=inputs, arena=arena, stack=2048)
    layout, reason = place(load_board("stm32f746g_disco"), sizes)
    assert reason is None
    assert (layout.arena.name, layout.inputs.name) == regions

"""Wait states, prefetch and caches against sequences counted by hand; timings that no board can have are refused."""

import pydantic
import pytest

from firmware import settings
from firmware.board import BOARDS_FOLDER, Board, load_board, modelled_boards
from firmware.timing import Cache, Timing
from tests.unit.emulator_programs import ideal, run_assembly, run_c

DISCO, ZERO = load_board("stm32f4_disco"), load_board("arduino_zero")
ART = {"line_bytes": 16, "miss_cycles": {"flash": 5}, "source": "test"}
CODE, DATA = {"instruction": {"lines": 4, "ways": 4}}, {"data": {"lines": 2, "ways": 2}}


def waits(text, tmp_path, board=DISCO, **timing):
    """Return the cycles that the flash of `timing` adds to assembly up to its breakpoint.

    The code begins 8 bytes behind the vector table: in the middle of the first line of 16 bytes.
    """
    slow = board.model_copy(update={"timing": Timing(**{**ART, **timing})})
    cycles = []
    for model in (slow, ideal(board)):
        machine, stop = run_assembly(model, text + "\nbkpt #0", tmp_path)
        assert stop.reason.startswith("BKPT"), stop
        cycles.append(machine.counter.cycles)
        machine.close()
    return cycles[0] - cycles[1]


def test_straight_code_waits_for_every_line(tmp_path):
    """Four 16-bit instructions ahead the core asks for the next line: four of the five cycles are hidden."""
    assert waits("nop\n" * 19, tmp_path) == 5 + 1 + 1


def test_wide_code_has_less_time_to_wait_in(tmp_path):
    assert waits("nop.w\n" * 9, tmp_path) == 5 + 3 + 3


def test_prefetch_reads_while_a_line_is_executed(tmp_path):
    """Eight cycles for a line of 16-bit instructions, six for a read: only the first line and the half before wait."""
    assert waits("nop\n" * 19, tmp_path, prefetch=True) == 5 + 2
    assert waits("nop.w\n" * 9, tmp_path, prefetch=True) == 5 + 4 + 2


def test_a_loop_in_the_cache_waits_once(tmp_path):
    loop = "movs r0, #{}\n1: nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nsubs r0, #1\nbne 1b"
    twice, often = (waits(loop.format(rounds), tmp_path, **CODE) for rounds in (2, 50))
    assert twice == often == 5 + 1


def test_a_loop_that_is_too_long_for_the_cache_waits_always(tmp_path):
    """Five lines in a cache of four that replaces the oldest: each line is missed in each round."""
    loop = "movs r0, #{}\nb 1f\n.balign 16\n1: " + "nop\n" * 37 + "subs r0, #1\nbne 1b"
    first, second = (waits(loop.format(rounds), tmp_path, **CODE) for rounds in (1, 2))
    assert second - first == 5 + 4 * 1


def test_a_line_prefetched_in_time_stays_out_of_the_cache(tmp_path):
    """So a loop of 16-bit code needs no cache but for the line that its branch leads to."""
    loop = "movs r0, #{}\nb 1f\n.balign 16\n1: " + "nop\n" * 37 + "subs r0, #1\nbne 1b"
    first, second = (waits(loop.format(rounds), tmp_path, prefetch=True, **CODE) for rounds in (2, 3))
    assert second == first


LOADS = "ldr r1, ={:#x}\n" + "ldr r0, [r1], #4\nnop\n" * 8
FLASH, RAM = 0x08001230, 0x20001230  # neither is an immediate of MOV


@pytest.mark.parametrize(
    ("timing", "expected"),
    [({}, 8 * 5), (DATA, 2 * 5), ({**DATA, "line_bytes": 8}, 4 * 5)],
    ids=["no cache", "lines of 16 bytes", "lines of 8 bytes"],
)
def test_constants_in_flash(timing, expected, tmp_path):
    """Eight words in a row; from RAM the same words come at once."""
    flash, ram = (waits(LOADS.format(address), tmp_path, **timing) for address in (FLASH, RAM))
    assert flash - ram == expected


# Text with a pointer in r1, 2 in r2, and how many words, bytes or halfwords it reads through the pointer.
ADDRESSES = {
    "offset": ("ldr r0, [r1, #4]\nldrb r0, [r1, #1]\nldrsh r0, [r1, #2]", 3),
    "negative offset": ("ldr r0, [r1, #-4]", 1),
    "index": ("ldrb r0, [r1, r2]\nldr.w r0, [r1, r2, lsl #2]", 2),
    "post-indexed": ("ldr r0, [r1], #4\nldr r0, [r1]\nldrb r0, [r1], #-2\nldrb r0, [r1]", 4),
    "pre-indexed": ("ldr r0, [r1, #4]!\nldr r0, [r1, #-8]!", 2),
    "pair": ("ldrd r0, r3, [r1], #8\nldrd r0, r3, [r1, #-8]!\nldr r0, [r1]", 5),
    "list": ("ldm r1!, {r0, r3, r4}\nldmdb r1!, {r0, r3}\nldm.w r1, {r1, r3}", 7),
    "float": ("vldr s0, [r1, #4]\nvldmia r1!, {s0-s3}\nvldmdb r1!, {d0}\nvldr d0, [r1]", 9),
    "moved": ("mov r3, r1\nadds r3, #4\nsubs r4, r3, r2\nadd.w r4, r4, r2, lsl #3\nldrb r0, [r4]\nldr r0, [r3]", 2),
    "shifted": ("lsls r3, r2, #3\nadd r3, r1\nrsb r4, r2, #4\nadd r4, r1\nldr r0, [r3]\nldrb r0, [r4]", 2),
    "constant": ("movw r3, #0x10\nmovt r3, #0\nldr r0, [r1, r3]", 1),
    "multiplied": ("muls r2, r2, r2\nldr r0, [r1, r2]\nldr r0, [r1]", 2),
    "loaded": ("push {r1}\npop {r3}\nldr r0, [r3]\nldr r0, [r3, #4]", 2),
    "masked": ("bic r3, r1, #3\nldr r0, [r3], #4\nstr r2, [sp, #-4]\nldr r0, [r3]", 2),
    "stored behind": ("mov r3, sp\nstmdb r3!, {r1, r2}\nldm r3!, {r4, r5}\nldr r0, [r4]", 1),
    "executed": ("cmp r2, #2\nittt eq\nldreq r0, [r1], #4\naddeq r1, #4\nldreq r0, [r1]\nldr r0, [r1]", 3),
    "skipped": ("cmp r2, #3\nittt eq\nldreq r0, [r1], #4\naddeq r1, #4\nldreq r0, [r1]\nldr r0, [r1]", 1),
    "either": ("cmp r2, #3\nite eq\nldreq r0, [r1], #4\nldrne r0, [r1]\nldr r0, [r1]", 2),
    "loop": ("movs r5, #20\n1: mul r4, r2, r5\nldrb r0, [r1, r4]\nsubs r5, #1\nbne 1b", 20),
    "entered twice": ("movs r5, #2\nb 2f\n1: mul r4, r2, r2\n2: ldr r0, [r1, r4]\nsubs r5, #1\nbne 1b", 2),
}
BEHIND = """
ldr r4, =0xe000ed88
ldr r5, =0x00f00000
str r5, [r4]
movs r2, #2
movs r4, #4
b 1f
1: ldr r1, ={:#x}
b 1f
1:
"""


@pytest.mark.parametrize(("text", "reads"), ADDRESSES.values(), ids=ADDRESSES)
def test_every_read_waits_wherever_its_address_comes_from(text, reads, tmp_path):
    flash, ram = (waits(BEHIND.format(address) + text, tmp_path) for address in (FLASH, RAM))
    assert flash - ram == reads * 5


def test_a_load_across_lines_reads_both(tmp_path):
    one, two = (f"ldr r1, =0x0800100{offset}\nldr r0, [r1]" for offset in ("4", "e"))
    assert waits(two, tmp_path, **DATA) - waits(one, tmp_path, **DATA) == 5


def test_a_shared_cache_serves_code_and_constants(tmp_path):
    """The literal lies in a line that was fetched as code."""
    shared = {"shared": {"lines": 4, "ways": 4}}
    assert waits("ldr r1, [pc, #0]\nb 1f\n.word 0\n1: nop", tmp_path, **shared) == 5 + 5
    assert waits("ldr r1, [pc, #0]\nb 1f\n.word 0\n1: nop", tmp_path) == 5 + 5 + 5


@pytest.mark.parametrize("name", modelled_boards())
def test_memory_of_every_board_costs_time_but_no_instructions(name, tmp_path):
    board = load_board(name)
    if board.target.family != "cortex_m" or board.chip == "rp2040":
        pytest.skip("bare Thumb assembly does not start it")
    text = "movs r0, #20\n1: " + "nop\n" * 70 + "subs r0, #1\nbne 1b\nbkpt #0"
    counts = []
    for model in (board, ideal(board), board):
        machine, _ = run_assembly(model, text, tmp_path)
        counts.append((machine.counter.instructions, machine.counter.cycles))
        machine.close()
    assert counts[0] == counts[2]
    assert counts[0][0] == counts[1][0]
    assert counts[0][1] > counts[1][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"line_bytes": 12}, "power of two"),
        ({"line_bytes": 2}, "greater than or equal to 4"),
        ({"miss_cycles": {}}, "at least 1 item"),
        ({"miss_cycles": {"flash": -1}}, "greater than or equal to 0"),
        ({"miss_cycles": {"flash": 5000}}, "less than or equal to 1000"),
        ({"data": {"lines": 12, "ways": 4}}, "power of two"),
        ({"data": {"lines": 16, "ways": 3}}, "power of two"),
        ({"data": {"lines": 0, "ways": 1}}, "greater than or equal to 1"),
        ({**DATA, "shared": {"lines": 4, "ways": 4}}, "leaves no room"),
        ({"wait_states": 5}, "Extra inputs"),
    ],
)
def test_timings_that_cannot_be_are_refused(change, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        Timing(**{**ART, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timing": None}, "5 wait states, and no timing"),
        ({"timing": {**ART, "miss_cycles": {"flsh": 5}}}, "unknown region 'flsh' (did you mean 'flash'?)"),
        ({"flash_wait_states": 99}, "less than or equal to 15"),
    ],
)
def test_boards_whose_timing_does_not_fit_are_refused(change, message, tmp_path):
    content = settings.read_yaml(BOARDS_FOLDER / "stm32f4_disco.yaml") | {"name": "stm32f4_disco"} | change
    with pytest.raises(settings.SettingsError) as refusal:
        settings.check(tmp_path / "board.yaml", content, Board)
    assert message in str(refusal.value)


def test_a_cache_knows_its_sets():
    assert Cache(lines=128, ways=4).sets == 32


def test_constants_of_the_esp32c3_wait_where_the_data_bus_shows_them(tmp_path):
    """They lie in the flash that code is fetched from, and are read at other addresses."""
    board, lines = load_board("esp32c3_devkitm"), 100
    program = f"""
    static const volatile int constants[{lines}][8] = {{{{1}}}};
    int main(void);
    int main(void)
    {{
        int sum = 0;
        for (int i = 0; i < {lines}; i++)
            sum += constants[i][0];
        return sum;
    }}
    """
    cycles = []
    for each in (board, ideal(board)):
        machine, _ = run_c(each, program, tmp_path)
        cycles.append(machine.counter.cycles)
        machine.close()
    waits = cycles[0] - cycles[1]
    assert lines * 304 <= waits < (lines + 40) * 304  # and those of the start-up code

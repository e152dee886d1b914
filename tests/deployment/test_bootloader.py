"""The bootloader starts what is signed and confirmed, tries a new image once, and goes back by itself."""

import struct

import numpy as np
import pytest
from unicorn import arm_const

from firmware.board import board_names, load_board
from firmware.emulator.image import read_image
from firmware.emulator.machine import BoardStopped, VirtualBoard
from firmware.emulator.program import build_program
from tests.deployment import campaigns, devices

BOARDS = [name for name in board_names() if load_board(name).slots]


@pytest.fixture(params=BOARDS)
def device(request):
    device = devices.Device(request.param)
    device.name = request.param
    device.fill(0, devices.signed(request.param, 0, confirmed=True))
    yield device
    device.close()


def test_a_confirmed_image_starts(device):
    boot = device.boot()
    assert boot.stop.reason.startswith("BKPT")
    assert (boot.slot, boot.refusals) == (0, ["accepted", None])


def test_a_new_image_is_tried_once_and_then_left(device):
    device.fill(1, devices.signed(device.name, 1), pending=True)
    assert [device.boot().slot for _ in range(3)] == [1, 0, 0]


def test_a_trial_that_hangs_is_ended_by_the_watchdog(device):
    device.fill(1, devices.signed(device.name, 1, does=devices.HANGS), pending=True)
    boot = device.boot()
    assert (boot.slot, boot.resets) == (0, (1, 0, 0, 1))


def test_no_watchdog_ends_what_is_confirmed(device):
    device.boot()
    assert [dog.bites_at() for dog in device.machine._watchdogs] == [None]


def test_an_older_version_may_be_tried(device):
    """The version says what it is; only the security counter forbids."""
    device.fill(1, devices.signed(device.name, 1, version="0.0.1"), pending=True)
    assert device.boot().slot == 1


def test_a_confirmed_image_raises_the_security_counter(device):
    device.fill(0, devices.signed(device.name, 0, counter=5, confirmed=True))
    device.boot()
    device.fill(1, devices.signed(device.name, 1, counter=4), pending=True)
    boot = device.boot()
    assert (boot.slot, boot.refusals[1]) == (0, "security counter too old")


def test_an_image_on_trial_does_not_raise_it(device):
    device.fill(1, devices.signed(device.name, 1, counter=9), pending=True)
    assert [device.boot().slot for _ in range(2)] == [1, 0]


def test_the_reserve_key_signs_too(device):
    device.fill(1, devices.signed(device.name, 1, key="keys/reserve"), pending=True)
    assert device.boot().slot == 1


@pytest.mark.parametrize(
    "reason", ["unknown key", "made for another slot", "wrong signature", "wrong hash", "no image"]
)
def test_a_hostile_image_is_refused_with_its_reason(device, reason):
    right = devices.signed(device.name, 1)
    image = {
        "unknown key": lambda: devices.signed(device.name, 1, key="other/signing"),
        "made for another slot": lambda: devices.signed(device.name, 0),
        "wrong signature": lambda: right[:-1] + bytes([right[-1] ^ 1]),
        "wrong hash": lambda: right[:600] + bytes([right[600] ^ 1]) + right[601:],
        "no image": lambda: b"",
    }[reason]()
    device.fill(1, image, pending=True)
    boot = device.boot()
    assert (boot.slot, boot.refusals) == (0, ["accepted", reason])


def test_sizes_that_cannot_be_are_refused(device):
    right = devices.signed(device.name, 1)
    for size in (0, 0xFFFF_FFFF, 0xFFFF_FE00, device.board.slots.size_bytes):
        device.fill(1, right[:12] + struct.pack("<I", size) + right[16:], pending=True)
        assert device.boot().refusals[1] in ("impossible size", "wrong records"), size


def test_an_image_that_is_not_confirmed_is_better_than_none(device):
    device.fill(0, b"")
    device.fill(1, devices.signed(device.name, 1))
    assert device.boot().slot == 1


def test_without_any_image_the_bootloader_says_so(device):
    device.fill(0, b"")
    device.put(device.board.slots.origins[0], b"\0" * 64)
    said = bytearray()
    device.machine.console.send = said.append
    device.machine.console.available = lambda: device.machine._halt("silence", None) if b"]" in said else False
    boot = device.boot()
    assert (boot.slot, boot.stop.reason) == (None, "silence")
    assert b"no image may start: refused for reasons 01 and 01" in said


def test_a_power_cut_at_any_operation_leaves_a_choice(device):
    """Two operations mark a trial: a cut in one ends the trial or leaves it, and the device starts in any case."""
    for cut in (1, 3):
        device.fill(1, devices.signed(device.name, 1, counter=cut), pending=True)
        boot = device.boot(cut_after=cut, seed=cut)
        assert boot.slot in (0, 1)
        assert device.boot().slot == 0


def test_hostile_images_are_refused_with_a_reason():
    """A sample of `make soak CAMPAIGNS=hostile_images`."""
    fortress = campaigns.Fortress("stm32f4_disco")
    assert {fortress.attack(seed) for seed in range(15)} == set(campaigns.HOSTILE)
    fortress.device.close()


def test_random_damage_never_starts_an_image(device):
    rng = np.random.default_rng(4)
    right = devices.signed(device.name, 1)
    for _ in range(5):
        damaged = bytearray(right)
        damaged[rng.integers(len(right))] ^= 1 << rng.integers(8)
        device.fill(1, bytes(damaged), pending=True)
        boot = device.boot()
        assert boot.slot == 0
        assert boot.refusals[1] not in (None, "accepted")


FLASHING = r"""
#include <stdint.h>
#include "board.h"
_Bool flash_program(uint32_t address, const uint8_t *data, uint32_t bytes);
static const uint8_t first[8] = {0x0F, 0xF0, 0xFF, 0, 1, 2, 3, 4}, zeros[8];
static const uint8_t second[8] = {0xF1, 0x0F, 0, 0xFF, 1, 2, 3, 4};
uint32_t answers;
int main(void)
{
    answers = flash_program(BOARD_COUNTER, first, 8);
    answers |= (uint32_t)flash_program(BOARD_COUNTER, second, 8) << 1;
    answers |= (uint32_t)flash_program(BOARD_COUNTER + 8, first, 8) << 2;
    answers |= (uint32_t)flash_program(BOARD_COUNTER + 8, zeros, 8) << 3;
    __asm volatile("mov r0, %0\nbkpt #3" ::"r"(answers));
    return 0;
}
"""


@pytest.mark.parametrize("name", BOARDS)
def test_programming_clears_bits_and_never_sets_one(name, tmp_path):
    """Double words with ECC take zeros only, once they are programmed; words take all that clears bits."""
    board = devices.board(name)
    machine = VirtualBoard(
        board, read_image(build_program(board.for_bootloader(), FLASHING, tmp_path / "f.elf"), board)
    )
    with pytest.raises(BoardStopped, match="BKPT"):
        machine.run()
    start = board.slots.counter - board.flash.origin
    found = machine._memory[board.flash.name][start : start + 16]
    answers = machine.engine.reg_read(arm_const.UC_ARM_REG_R0)
    both = bytes([0x01, 0, 0, 0, 1, 2, 3, 4])
    ecc = board.chip == "stm32g0"
    assert found == (bytes([0x0F, 0xF0, 0xFF, 0, 1, 2, 3, 4]) if ecc else both) + bytes(8)
    assert answers & 0b1101 == 0b1101
    assert answers >> 1 & 1 == 0 or board.chip == "stm32f4"  # which tells of no difference
    machine.close()


@pytest.mark.parametrize("name", board_names())
def test_slots_hold_the_same_room(name):
    board = load_board(name)
    if board.slots:
        sizes = {board.for_slot(slot).image_region.size_bytes for slot in (0, 1)}
        assert sizes == {board.slots.size_bytes - 512 - 1024}

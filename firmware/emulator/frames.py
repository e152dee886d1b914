"""The stack frame that a Cortex-M writes when it takes an exception, and reads when it returns (DDI 0403E B1.5.6-8)."""

import struct

import unicorn
from unicorn import arm_const

_IT_BITS, _REALIGNED, _EXCEPTION_NUMBER = 0x0600_FC00, 1 << 9, 0x1FF
_SPSEL, _FPCA = 1 << 1, 1 << 2
_TO_THREAD, _FROM_PSP, _INTEGERS_ONLY = 1 << 3, 1 << 2, 1 << 4
# EXC_RETURN without the bits above; Armv8-M (DDI 0553B D1.2.83) without the Security Extension has other constants.
_EXC_RETURN = {"cortex-m33": 0xFFFF_FFA0}
_EXC_RETURN_V7 = 0xFFFF_FFE1

_INTEGERS = [getattr(arm_const, f"UC_ARM_REG_{name}") for name in ("R0", "R1", "R2", "R3", "R12", "LR")]
_FLOATS = [getattr(arm_const, f"UC_ARM_REG_S{n}") for n in range(16)] + [arm_const.UC_ARM_REG_FPSCR]
_SP, _MSP, _PSP = arm_const.UC_ARM_REG_SP, arm_const.UC_ARM_REG_MSP, arm_const.UC_ARM_REG_PSP
_LR, _XPSR, _CONTROL = arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_XPSR, arm_const.UC_ARM_REG_CONTROL


def enter(engine: unicorn.Uc, core: str, number: int, pc: int) -> None:
    """Push the frame for a return to `pc`, and put the registers as the handler of exception `number` finds them.

    Floating-point registers are saved at once where silicon only reserves their place until the handler needs it.
    """
    control, xpsr, before = engine.reg_read(_CONTROL), engine.reg_read(_XPSR), engine.reg_read(_SP)
    thread = not xpsr & _EXCEPTION_NUMBER
    words = [*(engine.reg_read(register) for register in _INTEGERS), pc, xpsr & ~_REALIGNED]
    floating = bool(control & _FPCA)
    if floating:
        words += [*(engine.reg_read(register) for register in _FLOATS), 0]
    after = before - 4 * len(words) & ~7
    if after != before - 4 * len(words):
        words[7] |= _REALIGNED
    engine.mem_write(after, struct.pack(f"<{len(words)}I", *words))
    engine.reg_write(_SP, after)
    set_number(engine, number)
    engine.reg_write(_XPSR, engine.reg_read(_XPSR) & ~_IT_BITS)
    engine.reg_write(_CONTROL, control & ~(_SPSEL | _FPCA))
    value = _EXC_RETURN.get(core, _EXC_RETURN_V7) & ~_INTEGERS_ONLY
    value |= _INTEGERS_ONLY * (not floating) | _TO_THREAD * thread | _FROM_PSP * (thread and control & _SPSEL > 0)
    engine.reg_write(_LR, value)


def leave(engine: unicorn.Uc, exc_return: int) -> int:
    """Pop the frame that EXC_RETURN names and return the address to go on at."""
    stack = _PSP if exc_return & _FROM_PSP else _MSP
    base = engine.reg_read(stack)
    floating = not exc_return & _INTEGERS_ONLY
    count = 8 + 18 * floating
    words = struct.unpack(f"<{count}I", engine.mem_read(base, 4 * count))
    for register, word in zip(_INTEGERS, words, strict=False):
        engine.reg_write(register, word)
    for register, word in zip(_FLOATS, words[8:], strict=False):
        engine.reg_write(register, word)
    engine.reg_write(stack, base + 4 * count | 4 * bool(words[7] & _REALIGNED))
    privileged = engine.reg_read(_CONTROL) & ~(_SPSEL | _FPCA)
    uses_psp = _SPSEL * bool(exc_return & _FROM_PSP)
    set_number(engine, words[7] & _EXCEPTION_NUMBER)
    engine.reg_write(_CONTROL, privileged | uses_psp | _FPCA * floating)
    engine.reg_write(_XPSR, words[7] & ~_REALIGNED)
    return words[6]


def set_number(engine: unicorn.Uc, number: int) -> None:
    """Set IPSR; Unicorn changes to the stack of the mode that follows from it."""
    engine.reg_write(arm_const.UC_ARM_REG_IPSR, number)


def restart(engine: unicorn.Uc, exc_return: int, number: int) -> None:
    """Put the registers for the next handler on the frame that the last one was entered with."""
    set_number(engine, number)
    engine.reg_write(_LR, exc_return)

"""The interrupt controller of every Cortex-M: DDI 0403E B3.4. Which handler runs is decided in exceptions.py."""

from firmware.emulator.bus import Peripheral, Register

_BANKS = ("ISER", "ICER", "ISPR", "ICPR", "IABR")  # one bit an interrupt, 0x80 apart
_PRIORITY_OFFSET = 0x300  # one byte an interrupt


class Nvic(Peripheral):
    """`enabled`, `pending` and `active` have one bit for each of `count` interrupts.

    Of a priority's eight bits the core has the upper `priority_bits`.
    """

    def __init__(self, count: int, priority_bits: int):
        words = (count + 31) // 32
        self.registers = {
            f"{bank}{n}": Register(0x80 * i + 4 * n) for i, bank in enumerate(_BANKS) for n in range(words)
        } | {f"IPR{n}": Register(_PRIORITY_OFFSET + 4 * n) for n in range(8 * words)}
        super().__init__("nvic", 0xE000_E100)
        self._existing = (1 << count) - 1
        self._priority_mask = 0x0101_0101 * (0xFF << 8 - priority_bits & 0xFF)
        self.enabled = self.pending = self.active = 0

    def read(self, address: int, size: int) -> int:
        """Return `size` bytes of a register; raises BusError."""
        key, _, shift = self._find(address, size)
        bank, n = _split(key)
        states = {"ISER": self.enabled, "ICER": self.enabled, "ISPR": self.pending, "ICPR": self.pending}
        word = self.value[key] if bank == "IPR" else states.get(bank, self.active) >> 32 * n & 0xFFFF_FFFF
        return word >> shift & (1 << 8 * size) - 1

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes of a register; raises BusError. Ones set or clear, zeros do nothing."""
        key, _, shift = self._find(address, size)
        bank, n = _split(key)
        bits = value << shift + 32 * n & self._existing
        if bank == "IPR":
            lanes = (1 << 8 * size) - 1 << shift
            self.value[key] = (self.value[key] & ~lanes | value << shift & lanes) & self._priority_mask
        elif bank == "ISER":
            self.enabled |= bits
        elif bank == "ICER":
            self.enabled &= ~bits
        elif bank == "ISPR":
            self.pending |= bits
        elif bank == "ICPR":
            self.pending &= ~bits

    def priority(self, interrupt: int) -> int:
        """Return an interrupt's priority: 0 is the highest."""
        return self.value[f"IPR{interrupt // 4}"] >> 8 * (interrupt % 4) & 0xFF


def _split(key: str) -> tuple[str, int]:
    bank = key.rstrip("0123456789")
    return bank, int(key.removeprefix(bank))

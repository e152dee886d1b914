"""What a processor core is to the cross compiler: one row per core, named as its vendor names it."""

from dataclasses import dataclass
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"  # with a folder for each instruction set


@dataclass(frozen=True)
class Core:
    """`target` and `cpu` are the compiler's names; `isa` is its instruction set.

    `family` is the folder of chips/ with the start-up code that all chips of this kind share. Code uses the
    single-precision unit where `has_fpu`, also on chips that could do double. What is not `modelled` has no virtual
    board that counts cycles: labwired runs its images for their outputs and instructions, and a bootloader puts their
    segments into place.
    """

    name: str
    isa: str
    target: str
    cpu: str
    family: str
    has_fpu: bool
    modelled: bool = True

    @property
    def kernels(self) -> tuple[str, ...]:
        """Folders of KERNELS and compiler/variants/ with the fast kernels for this core."""
        if not self.modelled:
            return ()  # what is not timed gains nothing
        return (self.isa,) if self.isa == "armv7em" else (self.isa, "blocked")


CORES = {
    core.name: core
    for core in (
        Core("cortex-m0plus", "armv6m", "thumb-freestanding-eabi", "cortex_m0plus", "cortex_m", False),
        Core("cortex-m4", "armv7em", "thumb-freestanding-eabihf", "cortex_m4+vfp4d16sp", "cortex_m", True),
        # Armv8-M Mainline with the DSP extension has all instructions of ARMv7E-M.
        Core("cortex-m33", "armv7em", "thumb-freestanding-eabihf", "cortex_m33+fp_armv8d16sp+dsp", "cortex_m", True),
        Core("cortex-m7", "armv7em", "thumb-freestanding-eabihf", "cortex_m7+fp_armv8d16sp", "cortex_m", True),
        Core("rv32imc", "rv32", "riscv32-freestanding-none", "generic_rv32+m+c-a-d-f", "riscv", False),
        # The instructions that Debian's compiler for the LX106 knows are the part common to all three.
        Core("xtensa-lx6", "xtensa", "xtensa-lx106-elf", "", "xtensa", False, modelled=False),
        Core("xtensa-lx7", "xtensa", "xtensa-lx106-elf", "", "xtensa", False, modelled=False),
    )
}
MODELLED_CORES = [name for name, core in CORES.items() if core.modelled]

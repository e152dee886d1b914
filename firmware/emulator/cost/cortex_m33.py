"""Cortex-M33 with DSP extension and FPU (Armv8-M Mainline), zero wait states: coarse.

Arm publishes no table of instruction timings for it: its manuals (Arm 100230, Arm 100235) name a three-stage pipeline
that issues in order. So the prices are those of the Cortex-M4, whose pipeline is alike, with the instructions that
Armv8-M and FPv5 add. The M33 can issue some pairs of 16-bit instructions at once, which is left out: where that
counts, this is too slow.
"""

from typing import ClassVar

from firmware.emulator.cost import cortex_m4, thumb

FPV5 = """
    vmaxnm vminnm vseleq vselge vselgt vselvs vrinta vrintm vrintn vrintp vrintr vrintx vrintz vcvta vcvtm vcvtn vcvtp
"""


class Model(cortex_m4.Model):
    """The table of the Cortex-M4 and what Armv8-M Mainline and FPv5 add to it."""

    core = "cortex-m33"
    cycles: ClassVar[dict[str, int]] = {
        **cortex_m4.Model.cycles,
        **thumb.each(FPV5, 1),
        **thumb.each("lda ldab ldah stl stlb stlh", 2),
    }

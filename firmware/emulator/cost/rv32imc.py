"""RV32IMC as in the ESP32-C3: one instruction at a time, in order, four pipeline stages (ESP32-C3 TRM, ESP-RISC-V CPU).

The manual has no table of cycles. Measured on the chip [ctrlsrc.io/posts/2023/counting-cpu-cycles-on-esp32c3-esp32c6]:
one cycle for arithmetic, two for a jump, three for a branch that is taken and one for one that is not. Assumed, from
the number of stages: a loaded value is there a cycle late [confirmed by github.com/timonvo/niccle, which also saw every
fourth load or store of some loops take one more: not modelled], a product at once, a jump to a register costs what a
taken branch does, and a division takes a cycle a bit. Refuses all that is not RV32IMC with Zicsr and fence, and control
and status registers that this core lacks, such as mcycle.
"""

import capstone
from capstone import riscv

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction

_REFILL = 2  # cycles of a taken branch beyond its own
_LOADS = frozenset(["lb", "lbu", "lh", "lhu", "lw", "lwsp"])
_STORES = frozenset(["sb", "sh", "sw"])


def _each(names: str, value: object) -> dict:
    return dict.fromkeys(names.split(), value)


_CYCLES = {
    **_each("add addi sub and andi or ori xor xori sll slli srl srli sra srai slt slti sltu sltiu lui auipc", 1),
    **_each("mv li not neg seqz snez sltz sgtz nop zext.b addi4spn addi16sp", 1),
    **_each("mul mulh mulhu mulhsu", 1),
    **_each("div divu rem remu", 33),
    **dict.fromkeys(_LOADS, 1),
    **_each("sb sh sw swsp", 1),
    **_each("fence fence.i ebreak ecall wfi", 1),
    **_each("csrr csrw csrs csrc csrrw csrrs csrrc csrwi csrsi csrci csrrwi csrrsi csrrci", 1),
}
_BRANCHES = _each("beq bne blt bge bltu bgeu beqz bnez blez bgez bltz bgtz bgt ble bgtu bleu", Cost(1, _REFILL))
_JUMPS = {**_each("j jal", Cost(2)), **_each("jr jalr ret mret", Cost(1 + _REFILL))}
# RISC-V Privileged Architecture table 2.5, as far as the core has them; TRM: its own performance counter.
_CONTROL = frozenset([0x300, 0x301, 0x305, 0x340, 0x341, 0x342, 0x343, 0x7E0, 0x7E1, 0x7E2, 0xF11, 0xF12, 0xF13, 0xF14])


class Model(CostModel):
    """See above for what was measured and what is assumed."""

    core = "rv32imc"

    def instruction(self, instruction: capstone.CsInsn) -> Cost:
        """Return the cycles of one instruction; refuses what is not RV32IMC."""
        name = instruction.mnemonic.removeprefix("c.")
        if name in _BRANCHES:
            return _BRANCHES[name]
        if name in _JUMPS:
            return _JUMPS[name]
        unknown_register = name.startswith("csr") and int.from_bytes(instruction.bytes, "little") >> 20 not in _CONTROL
        if name not in _CYCLES or unknown_register:
            raise UnknownInstruction(instruction, self.core)
        return Cost(_CYCLES[name])

    def behind(self, instructions: list[capstone.CsInsn], index: int) -> int:
        """A loaded value is there a cycle late."""
        before, instruction = instructions[index - 1], instructions[index]
        if before.mnemonic.removeprefix("c.") not in _LOADS:
            return 0
        return int(before.operands[0].reg in _read(instruction))


def _read(instruction: capstone.CsInsn) -> set[int]:
    """Return the registers that an instruction reads, and of a compressed one also the one it writes."""
    registers = [operand.reg for operand in instruction.operands if operand.type == riscv.RISCV_OP_REG]
    name = instruction.mnemonic
    if not name.startswith("c.") and name not in _BRANCHES and name not in _STORES and name not in ("jr", "csrw"):
        registers = registers[1:]
    bases = [operand.mem.base for operand in instruction.operands if operand.type == riscv.RISCV_OP_MEM]
    return {*registers, *bases}

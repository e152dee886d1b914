"""RV32IMC as in the ESP32-C3: one instruction at a time, in order, four pipeline stages (ESP32-C3 TRM, ESP-RISC-V CPU).

A first form: the manual has no table of cycles. Assumed are the usual costs of such a pipeline: one cycle each; two for
a load, whose value comes a stage later; two more for a jump, which empties the stages before execution; one bit a cycle
for division. Flash and its cache cost nothing here. Refuses all that is not RV32IMC with Zicsr and fence, and control
and status registers that this core lacks, such as mcycle.
"""

import capstone

from firmware.emulator.cost import Cost, CostModel, UnknownInstruction

_REFILL = 2


def _each(names: str, value: object) -> dict:
    return dict.fromkeys(names.split(), value)


_CYCLES = {
    **_each("add addi sub and andi or ori xor xori sll slli srl srli sra srai slt slti sltu sltiu lui auipc", 1),
    **_each("mv li not neg seqz snez sltz sgtz nop zext.b addi4spn addi16sp", 1),
    **_each("mul mulh mulhu mulhsu", 1),
    **_each("div divu rem remu", 33),
    **_each("lb lbu lh lhu lw lwsp", 2),
    **_each("sb sh sw swsp", 1),
    **_each("fence fence.i ebreak ecall wfi", 1),
    **_each("csrr csrw csrs csrc csrrw csrrs csrrc csrwi csrsi csrci csrrwi csrrsi csrrci", 1),
}
_BRANCHES = _each("beq bne blt bge bltu bgeu beqz bnez blez bgez bltz bgtz bgt ble bgtu bleu", Cost(1, _REFILL))
_JUMPS = _each("j jal jr jalr ret mret", Cost(1 + _REFILL))
# RISC-V Privileged Architecture table 2.5, as far as the core has them; TRM: its own performance counter.
_CONTROL = frozenset([0x300, 0x301, 0x305, 0x340, 0x341, 0x342, 0x343, 0x7E0, 0x7E1, 0x7E2, 0xF11, 0xF12, 0xF13, 0xF14])


class Model(CostModel):
    """See above; every number is an assumption."""

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

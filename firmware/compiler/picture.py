"""Draws an arena plan as SVG: steps from left to right, bytes from top to bottom, a box for the life of each block."""

from html import escape

from firmware.compiler.plan import Block, Plan

_STEP_PX, _HEIGHT_PX, _LEFT_PX, _TOP_PX = 44, 420, 70, 30
_FILLS = ("#9ecae1", "#fdd0a2", "#c7e9c0", "#dadaeb", "#d9d9d9")


def draw_plan(plan: Plan, kinds: list[str]) -> str:
    """Return the picture; `kinds` names the operator of each step. A hover over a box tells its tensor and bytes."""
    columns = len(kinds) + 2  # before the first step and after the last, where inputs and outputs must be whole
    width, height = _LEFT_PX + columns * _STEP_PX + 10, _TOP_PX + _HEIGHT_PX + 130
    scale = _HEIGHT_PX / plan.arena_bytes
    labels = ["input", *(f"{index} {kind}" for index, kind in enumerate(kinds)), "output"]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<text x="10" y="18" font-size="13">arena {plan.arena_bytes} bytes, '
            f"lower bound {plan.lower_bound_bytes} bytes</text>",
            *(_box(index, block, scale) for index, block in enumerate(plan.blocks)),
            *(_label(column, label) for column, label in enumerate(labels)),
            *(_mark(offset, scale) for offset in sorted({0, plan.arena_bytes, *(b.offset for b in plan.blocks)})),
            "</svg>",
            "",
        ]
    )


def _box(index: int, block: Block, scale: float) -> str:
    x, y = _LEFT_PX + (block.first + 1) * _STEP_PX, _TOP_PX + block.offset * scale
    width, height = (block.last - block.first + 1) * _STEP_PX, block.size_bytes * scale
    title = escape(f"{block.name}: {block.size_bytes} bytes at {block.offset}, steps {block.first} to {block.last}")
    return (
        f'<rect x="{x}" y="{y:.2f}" width="{width}" height="{height:.2f}" fill="{_FILLS[index % len(_FILLS)]}" '
        f'fill-opacity="0.8" stroke="black" stroke-width="0.7"><title>{title}</title></rect>'
    )


def _label(column: int, text: str) -> str:
    x, y = _LEFT_PX + (column + 0.5) * _STEP_PX, _TOP_PX + _HEIGHT_PX + 10
    return f'<text x="{x}" y="{y}" font-size="9" transform="rotate(60 {x} {y})">{escape(text)}</text>'


def _mark(offset: int, scale: float) -> str:
    y = _TOP_PX + offset * scale + 3
    return f'<text x="{_LEFT_PX - 6}" y="{y:.2f}" font-size="9" text-anchor="end">{offset}</text>'

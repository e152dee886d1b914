"""Where time and memory of this machine go: what the jobs of each rule took, as CSV and as a page.

Memory is the most that psutil saw of a job with all its children; a job that ended before it was looked at has none.
CPU time is what the operating system counted, for children too.
"""

import csv
import io
from collections import defaultdict
from dataclasses import astuple, dataclass, fields
from statistics import median

_LONGEST_JOBS = 10


@dataclass(frozen=True)
class Step:
    """What one job took; `name` is its rule and its wildcards, joined by slashes."""

    name: str
    wall_s: float | None
    cpu_s: float | None
    peak_mib: float | None


@dataclass(frozen=True)
class RuleCost:
    """What the jobs of one rule took together; `share_pct` is their part of all CPU time."""

    rule: str
    jobs: int
    cpu_s: float
    share_pct: float
    median_cpu_s: float
    longest_wall_s: float
    peak_mib: float


def by_rule(steps: list[Step]) -> list[RuleCost]:
    """Return the cost of every rule, the most CPU time first."""
    jobs: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        jobs[step.name.split("/")[0]].append(step)
    whole_s = sum(step.cpu_s or 0 for step in steps) or 1
    costs = [_cost(rule, some, whole_s) for rule, some in jobs.items()]
    return sorted(costs, key=lambda cost: (-cost.cpu_s, cost.rule))


def _cost(rule: str, steps: list[Step], whole_s: float) -> RuleCost:
    cpu_s = [step.cpu_s or 0 for step in steps]
    return RuleCost(
        rule,
        len(steps),
        round(sum(cpu_s), 2),
        round(100 * sum(cpu_s) / whole_s, 1),
        round(median(cpu_s), 2),
        max(step.wall_s or 0 for step in steps),
        max(step.peak_mib or 0 for step in steps),
    )


def to_csv(steps: list[Step]) -> str:
    """Return a line per rule."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(RuleCost)])
    writer.writerows(astuple(cost) for cost in by_rule(steps))
    return text.getvalue()


def to_markdown(steps: list[Step], machine: str) -> str:
    """Return the page; `machine` says in a few words where the jobs ran."""
    costs = by_rule(steps)
    longest = sorted(steps, key=lambda step: (-(step.cpu_s or 0), step.name))[:_LONGEST_JOBS]
    rules = [
        f"| {c.rule} | {c.jobs} | {c.cpu_s:.1f} | {c.share_pct:.1f} | {c.median_cpu_s:.2f} | {c.longest_wall_s:.1f} | "
        f"{c.peak_mib:.0f} |"
        for c in costs
    ]
    jobs = [f"| {s.name} | {s.cpu_s or 0:.1f} | {s.wall_s or 0:.1f} | {s.peak_mib or 0:.0f} |" for s in longest]
    return "\n".join(
        [
            "# Where time and memory go",
            "",
            f"What each job took when it last ran here, with all its children: {sum(c.jobs for c in costs)} jobs, "
            f"{sum(c.cpu_s for c in costs):.0f} s of CPU time. {machine}",
            "",
            "| rule | jobs | CPU, s | share, % | CPU of the median job, s | longest job, s | peak memory, MiB |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *rules,
            "",
            "## The dearest jobs",
            "",
            "| job | CPU, s | wall, s | peak memory, MiB |",
            "|---|--:|--:|--:|",
            *jobs,
            "",
        ]
    )

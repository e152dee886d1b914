"""Whether Slurm has the partitions that a profile names: asked once, since sbatch would refuse each job at length."""

import subprocess
from collections.abc import Iterable

from firmware.settings import SettingsError, nearest


def check_partitions(names: Iterable[str]) -> None:
    """Raise SettingsError for every partition that is not there, or if Slurm does not answer."""
    asked = sorted({part for name in names for part in name.split(",")})
    if not asked:
        return
    try:
        run = subprocess.run(
            ["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True, timeout=60, check=False
        )
    except FileNotFoundError:
        raise SettingsError(
            [f"slurm_partition={','.join(asked)}: sinfo is not installed here, so Slurm is not"]
        ) from None
    if run.returncode:
        raise SettingsError([f"slurm_partition={','.join(asked)}: {' '.join(run.stderr.split())}"])
    there = run.stdout.split()
    if missing := [name for name in asked if name not in there]:
        raise SettingsError([f"slurm_partition={name}: no such partition{nearest(name, there)}" for name in missing])

"""What the machine is called that all this runs on."""

import platform
from pathlib import Path


def cpu_name() -> str:
    """Return the processor's name as Linux tells it, or what the standard library knows."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

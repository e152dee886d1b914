"""Runs the last block of a script: its output goes to the rule's log, and our own errors read as one line.

Every script ends like this, so that it can be imported, tested and used without Snakemake:

    if job := globals().get("snakemake"):
        with logged(job):
            train_model(Path(job.input.data), Path(job.output[0]), job.wildcards.model)
"""

import errno
import os
import re
import resource
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.lib.alone import end_with_run

# For the environment of jobs: pydantic need not look for plugins in all installed packages each time that one starts.
NO_PLUGINS = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
OURS = ("firmware", "scripts", "__main__")
_TOOK = "CPU seconds, with all children: "
HOSTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)  # the host's refusals, no defects


@contextmanager
def logged(job: Any) -> Iterator[None]:
    """Send stdout and stderr, of child processes too, to `job.log[0]`.

    An error class of this project is a message for the user, and so is a full or read-only disk: it is written as one
    line, and the process exits with 1. Any other error is a defect and keeps its traceback. The process ends with the
    Snakemake process that started it. The last line of the log is the CPU time: benchmark files have what was seen from
    time to time, without compilers and virtual boards that came and went between.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with open(job.log[0], "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)
    end_with_run()
    try:
        for path in map(Path, job.output):
            for part in path.parent.glob(f".[0-9]*.{path.name}"):
                part.unlink()  # of a job that was killed
        yield
        times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(f"{_TOOK}{sum(time.ru_utime + time.ru_stime for time in times):.2f}")
    except Exception as error:
        with suppress(OSError):  # the log may be on the disk that is full
            if type(error).__module__.split(".")[0] in OURS:
                print(f"error: {error}", file=sys.stderr)
            elif isinstance(error, OSError) and error.errno in HOSTS:
                print(f"error: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
            else:
                traceback.print_exc()
        sys.exit(1)


def begin_part(name: str) -> None:
    """Begin the part of the log that one scheme has in it."""
    print(f"[{name}]", flush=True)


def parts_of(log: str) -> dict[str, str]:
    """Return the parts of a log by name."""
    _, *pieces = re.split(r"^\[(\w+)\]\n", log, flags=re.MULTILINE)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def cpu_s_of(log: Path) -> float | None:
    """Return the CPU time of the job that wrote `log`; None if it has not ended well, or its log is gone."""
    try:
        lines = log.read_text(errors="replace").splitlines() or [""]
        return float(lines[-1].removeprefix(_TOOK)) if lines[-1].startswith(_TOOK) else None
    except (OSError, ValueError):
        return None

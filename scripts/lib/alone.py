"""One run at a time in a folder, and no job that outlives its run.

Snakemake's lock is a file that stays behind when Snakemake is killed, and does not say whose it was. A lock of the
operating system ends with its process: whoever gets it knows that any file left behind is stale.
"""

import fcntl
import os
import shutil
import threading
from pathlib import Path
from select import select

RUN_PID = "BOARDWALK_RUN_PID"  # of the Snakemake process that a job belongs to, in the job's environment

_held = None


def hold_folder() -> None:
    """Make this process the only run in the checkout until it ends; raises SettingsError if there is another."""
    from firmware.settings import SettingsError  # here and not above: jobs import this module, and do without pydantic

    global _held
    folder = Path(".snakemake")
    try:
        folder.mkdir(exist_ok=True)
        handle = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, 100).decode(errors="replace").strip()
            raise SettingsError([f"{Path.cwd()}: another run works here ({owner}); wait for its end"]) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode())
        shutil.rmtree(folder / "locks", ignore_errors=True)  # of a run that was killed
    except OSError as error:
        raise SettingsError([f"{error.filename or folder}: {error.strerror}"]) from error
    _held = handle


def end_with_run() -> None:
    """End this process, and all that it started, when the Snakemake process that it belongs to ends."""
    pid = os.environ.get(RUN_PID)
    if pid is None:
        return
    try:
        run = os.pidfd_open(int(pid))
    except ProcessLookupError:
        os._exit(1)
    threading.Thread(target=_watch, args=(run,), daemon=True).start()


def _watch(run: int) -> None:
    select([run], [], [])
    import psutil  # here and not above: every job imports this module, few need it

    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)

"""A real Slurm on this machine alone: one controller and several nodes as processes, on loopback.

Its configuration has to lie in /etc/slurm, where clients look for it, so it needs root; one that is there already is
never touched.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
_START_S = 60
_TEXT = """
ClusterName=boardwalk
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1
MinJobAge=300
KillWait=2
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Say why there can be no cluster here, or nothing."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"{', '.join(missing)} not installed (Debian packages slurmctld slurmd slurm-client munge)"
    if os.geteuid() != 0:
        return "Slurm's daemons need root"
    if CONFIGURATION.exists():
        return f"{CONFIGURATION} is there already"
    return ""


class Cluster:
    """A context manager: the daemons run until its end; `nodes` are called n1, n2 and so on, with two CPUs each."""

    def __init__(self, folder: Path, nodes: int):
        self.folder = folder
        self.nodes = [f"n{number + 1}" for number in range(nodes)]
        self._daemons: list[subprocess.Popen] = []

    def __enter__(self) -> "Cluster":
        controller, *ports = _free_ports(1 + len(self.nodes))
        host = socket.gethostname()
        lines = [
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=8000 State=UNKNOWN"
            for name, port in zip(self.nodes, ports, strict=True)
        ]
        text = _TEXT.format(host=host, port=controller, folder=self.folder, nodes="\n".join(lines))
        (self.folder / "state").mkdir(parents=True)
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.write_text(text)
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_all(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"key-file": key} | {name: self.folder / f"munge.{name}" for name in ("socket", "pid-file", "log-file")}
        files["seed-file"] = self.folder / "munge.seed"
        self._start("munged", "--foreground", "--force", *(f"--{name}={path}" for name, path in files.items()))
        _wait(lambda: (self.folder / "munge.socket").exists(), "munged")
        self._start("slurmctld", "-D")
        for node in self.nodes:
            self._start("slurmd", "-D", "-N", node)
        _wait(lambda: self.states() == dict.fromkeys(self.nodes, "idle"), "the nodes")

    def _start(self, *command: str) -> None:
        with (self.folder / f"{'-'.join(command[:1] + command[-1:]).replace('/', '_')[:60]}.log").open("wb") as log:
            self._daemons.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    def __exit__(self, *_: object) -> None:
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in reversed(self._daemons):
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        CONFIGURATION.unlink(missing_ok=True)

    def states(self) -> dict[str, str]:
        """The state of every node."""
        run = subprocess.run(["sinfo", "-hN", "-o", "%N %T"], capture_output=True, text=True, check=False)
        return dict(line.split() for line in run.stdout.splitlines())

    def running(self) -> dict[str, str]:
        """The node of every running job, by the job's number."""
        run = subprocess.run(["squeue", "-ht", "R", "-o", "%i %N"], capture_output=True, text=True, check=False)
        return dict(line.split() for line in run.stdout.splitlines())


def _wait(condition, what: str) -> None:
    deadline = time.monotonic() + _START_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come up within {_START_S} s")
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()

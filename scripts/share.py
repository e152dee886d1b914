"""Shares data, weights and results through DVC: python -m scripts.share push|pull|record STAGE.

`push` brings the stages of dvc.yaml up to date and sends their outputs to the remote. `pull` takes them from there,
keeps what was made from the very inputs that are in this checkout, removes the rest, and says what a run would still
make. `record` is the end of a stage: it writes what the stage's outputs were made from. A remote that cannot be
reached, or refuses, is one line and changes nothing here.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from firmware.settings import SettingsError, read_yaml
from scripts.lib import origins
from scripts.lib.config import load_config
from scripts.lib.lab import load_lab
from scripts.lib.stamps import write_stamps

_STAGES = Path("dvc.yaml")
_LOCK = Path("dvc.lock")
_CONFIG = Path("config/config.yaml")
_PROFILE = Path("profiles/default/config.yaml")


class ShareError(RuntimeError):
    """Something that DVC could not do; the text says what."""


def record(stage: str) -> None:
    """Write the origins of all files that belong to `stage`."""
    path = _origins_of(stage)
    earlier = origins.read(path) if path.is_file() else {}
    origins.write(path, origins.collect(_files(_outputs(stage)), earlier))


def push() -> None:
    """Make the stages, send their outputs to the remote."""
    if subprocess.run([*_DVC, "repro"], check=False).returncode:
        raise ShareError("the stages were not completed, nothing was sent")
    _dvc("push")
    print(f"Pushed. Commit {_LOCK} so that others can pull it.")


def pull() -> None:
    """Take what dvc.lock names; keep what would come out the same here."""
    _ask_remote()
    _dvc("pull", "--allow-missing", "--quiet")
    known = {name: origin for stage in _locked() for name, origin in origins.read(_origins_of(stage)).items()}
    files = [file for stage in _locked() for file in _outputs(stage)]
    without = _complete(files, known)
    config = load_config(read_yaml(_CONFIG), [_CONFIG])
    write_stamps(config.cells, load_lab(), config.choices)  # inputs, as old as what was made from them
    without = origins.adopt(_files(files), known) | without
    print(f"{len(_files(files))} files taken over")
    for reason, names in _by_reason(without).items():
        print(f"without {names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {reason}")
    print(f"What a run would still make:\n{_planned()}")


def _complete(outputs: list[Path], known: dict[str, origins.Origin]) -> dict[str, str]:
    """Take from DVC's cache what DVC left out: it gives up a folder with a single object that is damaged.

    Returns why, by file, the others are not there.
    """
    from dvc.repo import Repo  # takes a second

    cache, without = Path(Repo().cache.local.path), {}
    for name, origin in known.items():
        if not any(Path(name).is_relative_to(output) for output in outputs):
            continue
        if Path(name).is_file() and origins.md5_of(name) == origin.md5:
            continue
        content = cache / origin.md5[:2] / origin.md5[2:]
        if not content.is_file():
            without[name] = f"{_object(origin.md5)} is not in the remote, or damaged there"
        elif origins.md5_of(str(content)) != origin.md5:
            content.unlink()
            without[name] = f"{_object(origin.md5)} was damaged in DVC's cache and is removed there: pull again"
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, name)
    return without


def _by_reason(without: dict[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name in sorted(without):
        reasons.setdefault(without[name], []).append(name)
    return reasons


def _locked() -> dict[str, dict]:
    """The stages of dvc.lock."""
    if not _LOCK.is_file():
        raise ShareError(f"there is no {_LOCK}: nothing has been pushed from this branch; see docs/sharing.md")
    return read_yaml(_LOCK)["stages"]


def _ask_remote() -> None:
    """Read one of the objects that dvc.lock names: to DVC, a remote that it cannot reach is an empty one."""
    from dvc.repo import Repo  # takes a second

    md5 = next(out["md5"] for stage in _locked().values() for out in stage["outs"])
    repo = Repo()
    name = repo.config["core"].get("remote")
    try:
        remote = repo.cloud.get_remote(command="pull")
        remote.odb.fs.fs.cat_file(remote.odb.oid_to_path(md5), end=1)
    except FileNotFoundError as error:
        raise ShareError(f"remote {name!r}: {_object(md5)}, which {_LOCK} names, is not there") from error
    except Exception as error:  # of a dozen libraries, each with errors of its own
        raise ShareError(f"remote {name!r}: {' '.join(str(error).split())}") from error


def _object(md5: str) -> str:
    """Where DVC keeps a file's content, in its cache and in a remote."""
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def _origins_of(stage: str) -> Path:
    return Path(f"results/origins/{stage}.json")


def _outputs(stage: str) -> list[Path]:
    """The outputs of a stage, but for its origins."""
    declared = read_yaml(_STAGES)["stages"]
    if stage not in declared:
        raise ShareError(f"{_STAGES}: no stage {stage!r} (there are: {', '.join(declared)})")
    kinds = [declared[stage].get(kind, []) for kind in ("outs", "metrics", "plots")]
    return [Path(path) for kind in kinds for output in kind for path in output if Path(path) != _origins_of(stage)]


def _files(outputs: list[Path]) -> list[Path]:
    found = [file for path in outputs for file in ([path] if path.is_file() else path.rglob("*"))]
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


_DVC = [sys.executable, "-m", "dvc"]


def _dvc(*arguments: str) -> None:
    """Run DVC; raises ShareError with the first of its errors."""
    run = subprocess.run([*_DVC, *arguments], stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        errors = re.findall(r"^ERROR: (?:.*? - )?(.*)$", run.stderr, re.MULTILINE)
        raise ShareError(f"dvc {arguments[0]}: {errors[0] if errors else run.stderr.strip()}")


def _planned() -> str:
    """What a dry run of Snakemake counts: its table of rules and jobs."""
    triggers = read_yaml(_PROFILE)["rerun-triggers"]  # the profile itself has a logger that draws
    plain = ("--profile", "none", "--workflow-profile", "none", "--rerun-triggers", *triggers)
    command = ["snakemake", "--dry-run", "--quiet", "rules", "reason", "host", *plain]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode:
        raise ShareError(run.stdout.strip())
    table = re.search(r"^Job stats:\n(.+?)\n\n", run.stdout, re.MULTILINE | re.DOTALL)
    return table[1] if table else "nothing"


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.share", description=__doc__.split(":")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("push")
    commands.add_parser("pull")
    commands.add_parser("record").add_argument("stage")
    options = parser.parse_args()
    try:
        if options.command == "record":
            record(options.stage)
        else:
            {"push": push, "pull": pull}[options.command]()
    except (ShareError, SettingsError, origins.OriginsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

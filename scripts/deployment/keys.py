"""Signing keys: python -m scripts.deployment.keys makes them, once, in keys/, which git ignores.

Two ed25519 keys, made by imgtool: `signing` signs, `reserve` lies elsewhere until the first is lost; bootloaders trust
both. Refuses to overwrite a key, to sign with one that others can read, and a file that is no private key.
"""

import argparse
import base64
import subprocess
import sys
from pathlib import Path

FOLDER = Path("keys")
NAMES = ("signing", "reserve")
_OTHERS = 0o077
_ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410 section 4


class KeyProblem(RuntimeError):
    """A key that cannot be used; the text says which and why."""


def imgtool(*arguments: str | Path) -> str:
    """Run imgtool as it is; return what it says, raise KeyProblem with its last line if it fails."""
    command = [str(Path(sys.executable).with_name("imgtool")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KeyProblem(f"imgtool {arguments[0]}: {((done.stderr or done.stdout).strip().splitlines() or ['?'])[-1]}")
    return done.stdout


def make_keys(folder: Path = FOLDER) -> list[Path]:
    """Make the keys that are not there yet; return their paths."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for path in (folder / f"{name}.pem" for name in NAMES):
        if not path.exists():
            path.touch(mode=0o600)  # before there is anything to read in it
            imgtool("keygen", "-k", path, "-t", "ed25519")
            path.chmod(0o600)
            made.append(path)
    return made


def check_key(path: Path) -> Path:
    """Return the path of a private key that only its owner can read; raises KeyProblem."""
    if not path.is_file():
        raise KeyProblem(f"{path}: no such key; make keys makes one")
    mode = path.stat().st_mode & 0o777
    if mode & _OTHERS:
        raise KeyProblem(f"{path}: others can read it (mode {mode:o}); expected 600: chmod 600 {path}")
    return path


def public_keys(folder: Path = FOLDER) -> list[bytes]:
    """Return the public halves, 32 bytes each, of all keys in the folder: what a bootloader trusts."""
    paths = sorted(folder.glob("*.pem"), key=lambda path: (path.stem not in NAMES, path.stem != NAMES[0], path.stem))
    if not paths:
        raise KeyProblem(f"{folder}: no keys; make keys makes them")
    return [public_key(path) for path in paths]


def public_key(path: Path) -> bytes:
    """Return the public half of a key, or of a public key: the last 32 bytes of its SubjectPublicKeyInfo (RFC 8410)."""
    lines = imgtool("getpub", "-k", path, "-e", "pem").strip().splitlines()
    der = base64.b64decode("".join(line for line in lines if not line.startswith("-----")))
    if der[:-32] != _ED25519:
        raise KeyProblem(f"{path}: expected an ed25519 key, got {der[:12].hex()}…")
    return der[-32:]


def main(arguments: list[str] | None = None) -> int:
    """Make keys and say what to do with them."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deployment.keys", description=__doc__.split(":")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: keys")
    options = parser.parse_args(arguments)
    try:
        made = make_keys(options.folder)
        for path in sorted(options.folder.glob("*.pem")):
            print(f"{check_key(path)}: {'made' if path in made else 'kept'}, public {public_key(path).hex()}")
    except (KeyProblem, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("Keep reserve.pem somewhere else; docs/deploy.md says what it is for.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

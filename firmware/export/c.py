"""A plain C folder: sources, a Makefile that makes a library of them, and a self-test for any computer."""

from firmware.export.bundle import Package, common_files
from firmware.export.readme import readme

_USE = (
    "`make` makes `lib{name}.a`, `make test` runs the golden vectors; `CC`, `AR` and `CFLAGS` choose a cross compiler."
)
_TESTED = """\
Boardwalk's tests build such a folder on x86-64 with its portable kernels and run the self-test. Kernels of one core
build for that core only; there, call `{name}_golden_pass` from a program of your own."""


def files(package: Package) -> dict[str, str]:
    """Return the files of the folder."""
    return common_files(package) | {
        "Makefile": package.fill("Makefile"),
        "self_test.c": package.fill("self_test.c"),
        "README.md": readme(package, _USE.format(name=package.name), _TESTED.format(name=package.name)),
    }

"""Takes one cell home: a compiled model as an Arduino library, an ESP-IDF component or a plain C folder.

One module per form; it has `files(package)`, which returns the text of each file by its path in the export.
"""

import importlib
from pathlib import Path

from firmware.export.bundle import Golden as Golden
from firmware.export.bundle import Package as Package
from firmware.export.names import ExportError as ExportError
from firmware.export.names import check_name as check_name
from firmware.settings import nearest

FORMS = ("arduino", "c", "espidf")
_LIST = "boardwalk.txt"  # which cell this is, and the files of the export


def export(package: Package, form: str, folder: Path) -> None:
    """Write the package into `folder`; raises ExportError if another export, or anything else, is there already."""
    if form not in FORMS:
        raise ExportError(f"AS: unknown form {form!r}{nearest(form, list(FORMS))}")
    mark = f"{package.name} {form} {package.origin}"
    files = importlib.import_module(f"firmware.export.{form}").files(package)
    for path in _earlier(folder, mark):
        (folder / path).unlink(missing_ok=True)
    files[_LIST] = "\n".join([mark, *sorted(files)]) + "\n"
    for path, content in sorted(files.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8", newline="\n")


def _earlier(folder: Path, mark: str) -> list[str]:
    """Return the files that an earlier export of the same cell left in `folder`."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise ExportError(f"{folder}: exists and is not a folder")
    if not (folder / _LIST).is_file():
        if any(folder.iterdir()):
            raise ExportError(f"{folder}: is not empty and holds no export; nothing was written")
        return []
    found, *files = (folder / _LIST).read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if found != mark:
        raise ExportError(f"{folder}: holds the export {found!r}, this one is {mark!r}; give it another NAME or OUT")
    return [path for path in files if (folder / path).resolve().is_relative_to(folder.resolve())]

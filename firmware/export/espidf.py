"""An ESP-IDF component: build files, a manifest, a choice of where the arena lies, and an app that tests it.

Forms: ESP-IDF Programming Guide, "Build System", "Project Configuration" and "Support for External RAM"; IDF Component
Manager, "idf_component.yml Manifest File".
"""

from firmware.export.bundle import Package, common_files
from firmware.export.readme import readme

_USE = """\
1. Copy this folder into `components/` of a project, or name its path under `override_path` in `idf_component.yml`.
2. `idf.py menuconfig`, menu *{name}*: where the tensor arena lies (internal RAM, PSRAM, or your own).
3. `#include "{name}_arena.h"` declares `{name}_arena`.
4. `cd examples/self_test && idf.py set-target esp32s3 && idf.py flash monitor` runs the golden vectors."""
_TESTED = """\
Boardwalk's tests compile such sources for RV32IMC (ESP32-C3) with clang; the same kernels run on its virtual ESP32-C3.
The build files were checked against their documentation only: ESP-IDF itself and silicon have not seen them."""


def files(package: Package) -> dict[str, str]:
    """Return the files of the component."""
    common = common_files(package) | {f"src/{package.name}_arena.c": package.fill("arena.c")}
    sources = "\n".join(f'         "{path}"' for path in sorted(common) if path.endswith(".c"))
    return common | {
        f"src/{package.name}_arena.h": package.fill("arena.h"),
        "CMakeLists.txt": package.fill("component.cmake", sources=sources.lstrip()),
        "Kconfig": package.fill("Kconfig"),
        "idf_component.yml": package.fill("idf_component.yml"),
        "examples/self_test/CMakeLists.txt": package.fill("app.cmake"),
        "examples/self_test/main/CMakeLists.txt": package.fill("app_main.cmake"),
        "examples/self_test/main/self_test.c": package.fill("app_main.c"),
        "README.md": readme(package, _USE.format(name=package.name), _TESTED),
    }

"""An exported model stands alone: any C compiler builds it, golden vectors decide, two of them link."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from elftools.elf.elffile import ELFFile

from firmware import toolchain
from firmware.board import load_board
from firmware.build import KERNELS
from firmware.core import CORES
from firmware.export import FORMS, ExportError, Package, check_name, export
from firmware.export.bundle import functions_of, kernel_files
from tests.exported import build_library, classifier, package
from tests.models import small_classifier

PINNED = f"{sys.executable} -m ziglang cc"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Package]:
    """Two models with the same kernels, one of float, and the first with a board's kernels."""
    folder = tmp_path_factory.mktemp("models")
    contents = {
        "first": classifier((13, 32, 16, 5)),
        "second": small_classifier(),
        "real": small_classifier(0, "float32"),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: package(folder / name, name) for name in contents} | {
        "fast": package(folder / "first", "fast", "stm32f4_disco")
    }


def make(folder: Path, *arguments: str, compiler: str = PINNED) -> subprocess.CompletedProcess:
    """Run make in an export, with the pinned compiler or another."""
    return subprocess.run(
        ["make", "-s", f"CC={compiler}", "CFLAGS=-O2 -Wall -Wextra -Werror", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["first", "real"])
@pytest.mark.parametrize("compiler", [PINNED, "gcc"])
def test_plain_c_folder_tests_itself(models, name, compiler, tmp_path):
    if compiler == "gcc" and not shutil.which("gcc"):
        pytest.skip("this machine has no GCC")
    export(models[name], "c", tmp_path / name)
    run = make(tmp_path / name, "test", compiler=compiler)
    assert (run.returncode, run.stdout) == (0, f"{name}: 2 golden vectors pass\n"), run.stderr


def test_self_test_fails_when_an_output_byte_is_wrong(models, tmp_path):
    golden = models["first"].golden
    wrong = [golden.outputs[0], bytes([golden.outputs[1][0] ^ 1]) + golden.outputs[1][1:]]
    export(replace(models["first"], golden=replace(golden, outputs=wrong)), "c", tmp_path / "first")
    run = make(tmp_path / "first", "test")
    assert run.returncode != 0
    assert run.stdout == "first: 2 golden vectors FAIL\n"


def test_only_needed_kernels_are_carried(models, tmp_path):
    export(models["first"], "c", tmp_path / "first")
    export(models["fast"], "c", tmp_path / "fast")
    assert kernels_of(tmp_path / "first") == {"bw_fully_connected_s8", "bw_softmax_s8"}
    assert kernels_of(tmp_path / "fast") == {"bw_fully_connected_s8_dsp", "bw_softmax_s8"}
    included = {path for path in tmp_path.rglob("*.h") if "_kernels" in path.parent.name + path.parent.parent.name}
    assert not [path for path in included if path.stem.startswith(("conv", "pool", "resize"))]


def kernels_of(folder: Path) -> set[str]:
    return {path.stem for path in folder.rglob("bw_*.c")}


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "rv32imc"])
def test_every_fast_kernel_finds_what_it_calls(core, tmp_path):
    """The files that a kernel is said to need are a whole: what they call, they define."""
    fast = CORES[core].kernels
    for kernel in sorted(kernel for folder in fast for kernel in (KERNELS / folder).glob("bw_*.c")):
        calls = " ".join(f"{function}();" for function in functions_of(kernel))
        sources = [path for path in kernel_files(calls, fast) if path.suffix == ".c"]
        assert kernel in sources
        folders = [KERNELS, KERNELS / "portable"]
        toolchain.zig(
            *("cc", *toolchain.target_flags(CORES[core]), "-Os", "-ffreestanding", "-r", *sources),
            *(f"-I{folder}" for folder in folders),
            *("-o", tmp_path / "kernel.o"),
        )
        assert undefined(tmp_path / "kernel.o") == set(), kernel


def undefined(file: Path) -> set[str]:
    """Return the kernels that an object file calls without having them."""
    with file.open("rb") as content:
        symbols = ELFFile(content).get_section_by_name(".symtab").iter_symbols()
        names = {symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF"}
    return {name for name in names if name.startswith("bw_")}


def test_two_models_link_into_one_cpp_program(models, tmp_path):
    board = load_board("stm32f4_disco")
    objects = []
    for name in ("first", "fast"):
        export(models[name], "c", tmp_path / name)
        objects.append(build_library(tmp_path / name, board))
    main = tmp_path / "main.cpp"
    main.write_text(
        '#include "first.h"\n#include "fast.h"\n'
        "static uint8_t a[FIRST_ARENA_BYTES], b[FAST_ARENA_BYTES];\n"
        'extern "C" void entry() { first_run(a); fast_run(b); }\n'
    )
    includes = [f"-I{tmp_path / name / 'src'}" for name in ("first", "fast")]
    target = toolchain.target_flags(board.target)
    toolchain.zig(
        "c++",
        *target,
        "-ffreestanding",
        "-std=c++11",
        "-Wall",
        "-Werror",
        *includes,
        "-c",
        main,
        "-o",
        tmp_path / "m.o",
    )
    toolchain.zig(
        "cc",
        *target,
        "-nostartfiles",
        "-Wl,-e,entry",
        "-Wl,--fatal-warnings",
        tmp_path / "m.o",
        *objects,
        "-o",
        tmp_path / "both",
    )


def test_kernels_for_a_core_refuse_another(models, tmp_path):
    export(models["fast"], "c", tmp_path / "fast")
    with pytest.raises(toolchain.CompilerError, match="these kernels are for armv7em: export the model without BOARD"):
        build_library(tmp_path / "fast", load_board("arduino_zero"))


def test_espidf_component_builds_for_risc_v(models, tmp_path):
    component = tmp_path / "first"
    export(models["first"], "espidf", component)
    (tmp_path / "idf").mkdir()
    (tmp_path / "idf/esp_attr.h").write_text('#define EXT_RAM_BSS_ATTR __attribute__((section(".ext_ram.bss")))\n')
    for place, section in (("INTERNAL", ".bss.first_arena"), ("EXTERNAL", ".ext_ram.bss"), ("OWN", None)):
        (tmp_path / "idf/sdkconfig.h").write_text(f"#define CONFIG_FIRST_ARENA_{place} 1\n")
        sources = sorted(component.glob("src/**/*.c"))
        output = tmp_path / f"{place}.o"
        includes = [component / "src", tmp_path / "idf"]
        toolchain.compile_object(sources, output, CORES["rv32imc"], "-Os", includes)
        assert arena_section(output) == section


def arena_section(output: Path) -> str | None:
    """Return the section in which an object file defines the arena."""
    with output.open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab").get_symbol_by_name("first_arena") or []
        return next((elf.get_section(symbol["st_shndx"]).name for symbol in symbols), None)


def test_espidf_build_files_name_what_is_there(models, tmp_path):
    """ESP-IDF Programming Guide, "Build System"; IDF Component Manager, "Manifest File"; Kconfig."""
    export(models["first"], "espidf", tmp_path / "first")
    build = (tmp_path / "first/CMakeLists.txt").read_text()
    listed = set(re.findall(r'"(src/[^"]+\.c)"', build))
    assert listed == {path.relative_to(tmp_path / "first").as_posix() for path in tmp_path.glob("first/src/**/*.c")}
    assert "idf_component_register(" in build
    manifest = yaml.safe_load((tmp_path / "first/idf_component.yml").read_text())
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["license"] == "MIT"
    assert manifest["dependencies"] == {"idf": ">=5.0"}
    defined = set(re.findall(r"config (\w+)", (tmp_path / "first/Kconfig").read_text()))
    used = {
        name
        for path in tmp_path.glob("first/src/*")
        if path.is_file()
        for name in re.findall(r"CONFIG_(\w+)", path.read_text())
    }
    assert used <= defined


@pytest.mark.parametrize("form", FORMS)
def test_same_model_gives_the_same_files(models, form, tmp_path):
    for folder in ("a", "b"):
        export(models["first"], form, tmp_path / folder)
    trees = [
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*") if p.is_file()} for f in "ab"
    ]
    assert trees[0] == trees[1]
    assert str(tmp_path).encode() not in b"".join(trees[0].values())
    assert "No cell measured." in trees[0][Path("README.md")].decode()


def test_exporting_again_leaves_no_file_of_before_and_keeps_what_is_the_users(models, tmp_path):
    export(models["first"], "c", tmp_path / "out")
    export_list = tmp_path / "out/boardwalk.txt"
    export_list.write_text(export_list.read_text() + "src/old.c\n../outside.c\n")
    for path in ("out/src/old.c", "out/mine.c", "outside.c"):
        (tmp_path / path).write_text("")
    export(models["first"], "c", tmp_path / "out")
    assert not (tmp_path / "out/src/old.c").exists()
    assert (tmp_path / "out/mine.c").exists()
    assert (tmp_path / "outside.c").exists()


def test_two_exports_with_one_name_are_refused(models, tmp_path):
    export(models["first"], "c", tmp_path / "out")
    other = replace(models["first"], origin="another/int8")
    with pytest.raises(ExportError, match="holds the export 'first c first/int8', this one is 'first c another/int8'"):
        export(other, "c", tmp_path / "out")
    with pytest.raises(ExportError, match="another NAME or OUT"):
        export(models["first"], "arduino", tmp_path / "out")


def test_a_folder_of_something_else_is_left_alone(models, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="is not empty and holds no export"):
        export(models["first"], "c", tmp_path)
    with pytest.raises(ExportError, match="is not a folder"):
        export(models["first"], "c", tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kws_dscnn-pruned", "not a C identifier.*NAME=kws_dscnn_pruned"),
        ("9lives", "not a C identifier.*NAME=lives"),
        ("_start", "not a C identifier"),
        ("größe", "not a C identifier"),
        ("a b", "NAME=a_b"),
        ("class", "word of C or C\\+\\+"),
        ("string", "header of the platform"),
        ("kernels", "header of the platform or of the kernels"),
        ("x" * 64, "64 letters, at most 63"),
    ],
)
def test_names_that_cannot_be_are_refused(name, message):
    with pytest.raises(ExportError, match=message):
        check_name(name)


def test_unknown_form_is_refused(models, tmp_path):
    with pytest.raises(ExportError, match="unknown form 'ardiuno' \\(did you mean 'arduino'"):
        export(models["first"], "ardiuno", tmp_path / "out")

"""Every mistake in every configuration file is reported at once, with file, key, value and the nearest valid name."""

import shutil
from pathlib import Path

import pytest
import yaml

from firmware.settings import SettingsError, read_yaml
from scripts.lib.config import load_config
from scripts.lib.declared import load_dataset, load_model, plugins, repeats_of, seeds_needed

ROOT = Path(__file__).parents[2]
MATRIX = Path("config/config.yaml")


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def edit(folder, file, old, new):
    path = folder / "config" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def load(folder, **changes):
    origin = folder / MATRIX
    return load_config({**yaml.safe_load(origin.read_text()), **changes}, [origin], folder)


def messages(folder, **changes):
    with pytest.raises(SettingsError) as caught:
        load(folder, **changes)
    return [message.replace(f"{folder}/", "") for message in caught.value.messages]


def test_cells_come_in_the_order_of_the_matrix(folder):
    config = load(folder, models=["har_cnn1d"], schemes=["int8", "float32"], boards=["stm32f4_disco", "arduino_zero"])
    assert config.cells[:3] == [
        ("har_cnn1d", "int8", "stm32f4_disco"),
        ("har_cnn1d", "int8", "arduino_zero"),
        ("har_cnn1d", "float32", "stm32f4_disco"),
    ]
    assert list(config.datasets) == ["watch_imu"]


@pytest.mark.parametrize(
    ("key", "name", "expected"),
    [
        ("models", "mlp_fasion", "unknown model 'mlp_fasion' (did you mean 'mlp_fashion'?)"),
        ("schemes", "int_8", "unknown scheme 'int_8' (did you mean 'int8'?)"),
        ("boards", "arduino_zeroo", "unknown board 'arduino_zeroo' (did you mean 'arduino_zero'?)"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(folder, key, name, expected):
    assert messages(folder, **{key: [name]}) == [f"{MATRIX}: {key}: {expected}"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"models": []}, "models: List should have at least 1 item"),
        ({"boards": "arduino_zero"}, "boards: Input should be a valid list"),
        ({"boards": ["arduino_zero", "arduino_zero"]}, "boards: arduino_zero named more than once"),
        ({"schemas": ["int8"]}, "schemas: unknown key (did you mean 'schemes'?)"),
        ({"schemes": [8]}, "schemes.0: Input should be a valid string"),
    ],
)
def test_a_malformed_matrix_is_refused(folder, content, expected):
    assert any(message.startswith(f"{MATRIX}: {expected}") for message in messages(folder, **content))


def test_a_key_given_twice_is_refused(folder):
    with (folder / MATRIX).open("a") as file:
        file.write("boards: [arduino_zero]\n")
    assert any("key 'boards' appears twice" in message for message in messages(folder))


@pytest.mark.parametrize("opening", ["[", "{a: ", "? ", "- "])
@pytest.mark.parametrize("levels", [299, 2000, 200_000])
def test_a_file_that_nests_too_deep_is_refused(folder, opening, levels):
    (folder / MATRIX).write_text("models:\n  " + opening * levels)
    with pytest.raises(SettingsError, match=f"{MATRIX}: "):
        load_config(read_yaml(folder / MATRIX), [folder / MATRIX], folder)


@pytest.mark.parametrize("more", ["", "c:\n" + "- d\n" * 300], ids=["flat", "long"])
@pytest.mark.parametrize("mistake", ["{b: 2, b: 3}", "{b: 2", "{[b]: 2}", "!!python/name:os.system b"])
def test_either_loader_names_the_line_of_a_mistake(folder, mistake, more):
    (folder / MATRIX).write_text(f"a: {mistake}\n{more}")
    with pytest.raises(SettingsError, match=f"{MATRIX}: invalid YAML: .*line [12]"):
        read_yaml(folder / MATRIX)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("boards/arduino_zero.yaml", "size_bytes: 32768", "size_bytes: -32768", "memory.1.size_bytes: Input should be"),
        ("boards/arduino_zero.yaml", ", size_bytes: 32768", "", "memory.1.size_bytes: missing key"),
        ("boards/arduino_zero.yaml", "chip: samd21", "chip: samd12", "chip: unknown chip (did you mean 'samd21'?)"),
        ("boards/arduino_zero.yaml", "core: cortex", "core: cortx", "core: unknown core (did you mean 'cortex-m0plus'"),
        ("models/mlp_fashion.yaml", "builder: mlp", "builder: mpl", "builder: unknown builder (did you mean 'mlp'?)"),
        ("models/mlp_fashion.yaml", "hidden: [128]", "hidden: [-1]", "parameters.hidden.0: Input should be greater"),
        ("models/mlp_fashion.yaml", "hidden: [128]", "hiden: [128]", "parameters.hiden: unknown key (did you mean"),
        ("models/har_cnn1d.yaml", "dropout: 0.3", "dropout: 1.5", "parameters.dropout: Input should be less than 1"),
        ("models/har_cnn1d.yaml", "seed: 1", "seed: one", "seed: Input should be a valid integer"),
        ("models/har_cnn1d.yaml", "watch_imu", "watch_imo", "dataset: unknown dataset 'watch_imo' (did you"),
        ("datasets/watch_imu.yaml", "kind: pypi", "kind: pipy", "sources.0: Input tag 'pipy' found using 'kind'"),
        ("datasets/watch_imu.yaml", "eb122f23", "eb122f2", "files.watch_dataset.npy: String should match pattern"),
        ("datasets/watch_imu.yaml", "watch_dataset.npy:", "../w.npy:", "files.../w.npy.[key]: String should match"),
        ("datasets/watch_imu.yaml", "loader: watch_imu", "loader: watch", "loader: unknown loader (did you mean"),
        ("datasets/watch_imu.yaml", "window: 128", "windows: 128", "parameters.windows: unknown key (did you mean"),
        ("models/har_cnn1d.yaml", "title:", "title", "invalid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_declaration_is_named(folder, file, old, new, expected):
    edit(folder, file, old, new)
    found = messages(folder)
    assert any(message.startswith(f"config/{file}: {expected}") for message in found), found


def test_the_mistakes_of_all_files_come_together(folder):
    edit(folder, "models/mlp_fashion.yaml", "epochs: 6", "epochs: 0")
    edit(folder, "datasets/watch_imu.yaml", "licence:", "license:")
    edit(folder, "boards/stm32f4_disco.yaml", "clock_hz: 168000000", "clock_hz: fast")
    found = messages(folder, schemes=["int9"])
    assert {message.split(":")[0] for message in found} == {
        "config/config.yaml",
        "config/models/mlp_fashion.yaml",
        "config/datasets/watch_imu.yaml",
        "config/boards/stm32f4_disco.yaml",
    }
    assert len(found) == len(set(found))


@pytest.mark.parametrize("path", sorted((ROOT / "config/models").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_declared_model_loads(path):
    model = load_model(path.stem, ROOT)
    assert load_dataset(model.dataset, ROOT).title
    assert model.builder in plugins("models")


GIVEN = "title: mine\ntflite: mine.tflite\nscheme: int8\n"


def test_a_given_model_is_a_row_in_its_one_scheme(folder):
    (folder / "config/models/mine.yaml").write_text(GIVEN)
    assert messages(folder, models=["mine"]) == ["config/models/mine.yaml: tflite: 'mine.tflite' does not exist"]
    (folder / "mine.tflite").touch()
    assert load(folder, models=["mine"], boards=["arduino_zero"]).cells == [("mine", "int8", "arduino_zero")]
    expected = [f"{MATRIX}: schemes: mine is int8, which is not among them"]
    assert messages(folder, models=["mine"], schemes=["float32"]) == expected
    (folder / "config/models/mine.yaml").write_text(GIVEN + "vectors: gone.npz\n")
    assert messages(folder, models=["mine"]) == ["config/models/mine.yaml: vectors: 'gone.npz' does not exist"]


def test_a_repeat_is_the_same_model_with_another_seed(folder):
    model, repeat = load_model("kws_mlp", folder), load_model("kws_mlp-seed7", folder)
    assert (repeat.name, repeat.seed, repeat.epochs) == ("kws_mlp-seed7", 7, model.epochs)
    assert repeats_of(model.model_copy(update={"repeats": 3})) == ["kws_mlp", "kws_mlp-seed2", "kws_mlp-seed3"]
    assert load(folder, models=["kws_mlp-seed7"]).cells[0][0] == "kws_mlp-seed7"
    found = messages(folder, models=["kws_mpl-seed7"])
    assert found[0].startswith(f"{MATRIX}: models: unknown model 'kws_mpl-seed7'")


def test_a_dataset_may_use_the_files_of_another(folder):
    shared, own = load_dataset("kws5", folder), load_dataset("kws12", folder)
    assert (shared.raw, shared.files, shared.licence) == ("kws12", own.files, own.licence)
    edit(folder, "datasets/kws5.yaml", "raw: kws12", "raw: kws21")
    assert messages(folder) == ["config/datasets/kws5.yaml: raw: unknown dataset 'kws21' (did you mean 'kws12'?)"]


def test_a_variant_is_its_base_but_for_one_change(folder):
    base, variant = load_model("kws_mlp", folder), load_model("kws_mlp-pruned", folder)
    assert variant.variant.sparsity == 0.75 and variant.title != base.title
    assert (variant.epochs, variant.dataset, variant.parameters) == (base.epochs, base.dataset, base.parameters)
    repeat = load_model("kws_mlp-pruned-seed3", folder)
    assert (repeat.seed, repeat.variant.model_dump()) == (3, variant.variant.model_dump())
    assert seeds_needed([base, variant]) == {"kws_mlp": 5, "kws_mlp-pruned": 5}
    assert load_model("kws_mlp-distilled", folder).teacher == "kws_mlp_wide" and base.teacher is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("of: kws_mlp", "of: kws_mpl", "variant.of: unknown model 'kws_mpl' (did you mean 'kws_mlp'?)"),
        ("of: kws_mlp", "of: kws_mlp-qat", "variant.of: unknown model 'kws_mlp-qat'"),
        ("kind: pruned", "kind: prune", "variant.kind: unknown kind 'prune' (did you mean 'pruned'?)"),
        ("sparsity: 0.75", "sparsity: 75", "variant.sparsity: Input should be less than 1"),
        ("sparsity: 0.75", "sparsty: 0.75", "variant.sparsty: unknown key (did you mean 'sparsity'?)"),
        ("kind: pruned, sparsity: 0.75", "kind: distilled, teacher: kws_dscnn", "variant.teacher: 'kws_dscnn' learns"),
        ("kind: pruned, sparsity: 0.75", "kind: distilled, teacher: nobody", "variant.teacher: unknown model 'nobody'"),
        ("repeats: 5", "repeats: 1", "repeats: a variant is compared over two trainings or more"),
        ("repeats: 5", "repeats: 5\nepochs: 100", "epochs: a variant trains as its base does"),
    ],
)
def test_a_mistake_in_a_variant_is_named(folder, old, new, expected):
    edit(folder, "models/kws_mlp-pruned.yaml", old, new)
    found = messages(folder, models=["kws_mlp-pruned"])
    assert any(message.startswith(f"config/models/kws_mlp-pruned.yaml: {expected}") for message in found), found

"""The declared benchmark sets: tiny archives of the same layout come from a server on this machine and are loaded."""

import functools
import hashlib
import http.server
import io
import tarfile
import threading
import wave
import zipfile

import numpy as np
import pytest
from PIL import Image

from scripts import fetch_dataset, prepare_dataset
from scripts.lib.declared import Download, load_dataset
from scripts.lib.prepared import DataError, load_prepared
from tests.conftest import ROOT

WORDS = ["down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes"]


def wav(seconds, rate_hz=16_000, seed=0):
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        noise = np.random.default_rng(seed).integers(-5000, 5000, int(seconds * rate_hz))
        file.writeframes(noise.astype("<i2").tobytes())
    return content.getvalue()


def tar(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def archive_zip(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def speech(**changes):
    clips = {f"./{word}/s{n}_nohash_0.wav": wav(1, seed=n) for word in [*WORDS, "bed", "cat"] for n in range(3)}
    clips["./yes/s0_nohash_0.wav"] = wav(0.7)  # as a tenth of the recordings, it is shorter than a second
    listed = "".join(f"{word}/s2_nohash_0.wav\n" for word in [*WORDS, "bed", "cat"]).encode()
    files = {"./testing_list.txt": listed, "./_background_noise_/pink.wav": wav(12), **clips, **changes}
    return tar({name: data for name, data in files.items() if data is not None})


def cifar(**changes):
    random = np.random.default_rng(1)
    names = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]
    files = {}
    for name in names:
        records = random.integers(0, 256, (10, 3073), np.uint8)
        records[:, 0] = np.arange(10)
        records[:, 1:1025] = 255  # the first plane is red
        files[f"cifar-10-batches-bin/{name}"] = records.tobytes()
    files.update({f"cifar-10-batches-bin/{name}": data for name, data in changes.items()})
    return tar({name: data for name, data in files.items() if data is not None})


def picture(size=(96, 96), mode="RGB"):
    content = io.BytesIO()
    Image.new(mode, size, 99).save(content, "jpeg")
    return content.getvalue()


def visual(**changes):
    files = {
        f"vw_coco2014_96/{kind}/{n}.jpg": picture(mode="L" if n == 3 else "RGB")
        for kind in ("person", "non_person")
        for n in range(10)
    }
    return tar({**files, **changes})


def toys(**changes):
    files = {f"ToyCar/train/normal_id_01_{n:08}.wav": wav(0.5, seed=n) for n in range(4)}
    files |= {
        f"ToyCar/test/{kind}_id_01_{n:08}.wav": wav(0.5, seed=n) for kind in ("normal", "anomaly") for n in (0, 1)
    }
    return archive_zip({**files, **changes})


SETS = {
    "speech_commands": (speech, (24, 12), (49, 10, 1), 12),
    "cifar10": (cifar, (50, 10), (32, 32, 3), 10),
    "visual_wake_words": (visual, (16, 4), (96, 96, 3), 2),
    "toyadmos": (toys, (8, 8), (640,), 2),
}


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """fetched(name, archive) is the declared dataset with that archive instead of the published one, and its files."""
    served = tmp_path / "served"
    served.mkdir()
    for variable in ("SPEECH_COMMANDS", "CIFAR10", "VISUAL_WAKE_WORDS", "TOYADMOS"):
        monkeypatch.delenv(variable, raising=False)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def fetch(name, content):
        declared = load_dataset(name, ROOT)
        (file, checksum), (url,) = *declared.files.items(), declared.sources[-1].urls
        assert url.endswith(f"/{file}")
        (served / file).write_bytes(content)
        here = Download(kind="url", urls=[f"http://127.0.0.1:{server.server_port}/{file}"])
        sources = [*declared.sources[:-1], here]
        if checksum:  # the published archive has it, the tiny one does not
            with pytest.raises(fetch_dataset.SourceError, match=f"expected (sha256|md5) {checksum.split(':')[-1]}"):
                fetch_dataset.fetch_dataset(
                    declared.model_copy(update={"sources": sources}), tmp_path / "refused/SHA256SUMS"
                )
        found = hashlib.sha256(content).hexdigest() if checksum else None
        dataset = declared.model_copy(update={"sources": sources, "files": {file: found}})
        sums = tmp_path / f"raw/{name}/SHA256SUMS"
        fetch_dataset.fetch_dataset(dataset, sums)
        return dataset, sums

    yield fetch
    server.shutdown()


@pytest.mark.parametrize("name", SETS)
def test_an_archive_of_the_same_layout_is_fetched_checked_and_loaded(fetched, tmp_path, name):
    make, counts, shape, classes = SETS[name]
    dataset, sums = fetched(name, make())
    prepare_dataset.prepare_dataset(dataset, sums, tmp_path / "p.npz")
    data = load_prepared(tmp_path / "p.npz")
    assert (len(data.x_train), len(data.x_test)) == counts
    assert data.x_train.shape[1:] == shape and len(data.class_names) == classes


def test_speakers_of_the_list_are_heard_in_the_test_alone_and_unknown_is_as_frequent_as_a_word(fetched, tmp_path):
    dataset, sums = fetched("speech_commands", speech())
    prepare_dataset.prepare_dataset(dataset, sums, tmp_path / "p.npz")
    data = load_prepared(tmp_path / "p.npz")
    assert data.class_names.tolist() == [*WORDS, "silence", "unknown"]
    speech_groups = [set(getattr(data, f"group_{s}")[getattr(data, f"y_{s}") != 10]) for s in ("train", "test")]
    assert not speech_groups[0] & speech_groups[1]
    assert np.bincount(data.y_train).tolist() == [2] * 12


def test_planes_become_pixels(fetched, tmp_path):
    dataset, sums = fetched("cifar10", cifar())
    prepare_dataset.prepare_dataset(dataset, sums, tmp_path / "p.npz")
    data = load_prepared(tmp_path / "p.npz")
    assert (data.x_train[..., 0] == 1).all() and not (data.x_train[..., 1] == 1).all()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("speech_commands", lambda: speech(**{"./testing_list.txt": None}), "no testing_list.txt"),
        ("speech_commands", lambda: speech(**{"./go/s1_nohash_0.wav": wav(1, 8000)}), r"go/s1_.*got 8000 samples/s"),
        ("speech_commands", lambda: speech(**{f"./no/s{n}_nohash_0.wav": None for n in range(3)}), "no clip of no"),
        ("speech_commands", lambda: speech(**{"../evil.wav": b""}), "would leave the folder"),
        ("cifar10", lambda: cifar(**{"data_batch_3.bin": None}), "data_batch_3.bin missing"),
        ("cifar10", lambda: cifar(**{"test_batch.bin": b"\0" * 3072}), "test_batch.bin: expected records of 3073"),
        ("cifar10", lambda: cifar(**{"test_batch.bin": b"\x0a" * 3073}), "record 0 has the label 10"),
        ("visual_wake_words", lambda: visual(**{"v/person/1.jpg": picture((80, 96))}), "96 x 96 pixels, got 80 x 96"),
        ("visual_wake_words", lambda: visual(**{"v/person/1.jpg": b"no"}), r"person/1.jpg: not a picture"),
        ("toyadmos", lambda: toys(**{"ToyCar/train/x.wav": wav(1)}), "x.wav: expected a name that begins with normal"),
        ("toyadmos", lambda: toys(**{"ToyCar/train/normal_1.wav": wav(0.1)}), "normal_1.wav: shorter than 0.19 s"),
        ("toyadmos", lambda: b"no archive", "not a whole archive"),
    ],
)
def test_an_archive_that_is_not_as_declared_is_refused_by_name(fetched, tmp_path, name, content, reason):
    dataset, sums = fetched(name, content())
    with pytest.raises(DataError, match=reason):
        prepare_dataset.prepare_dataset(dataset, sums, tmp_path / "p.npz")
    assert not (tmp_path / "p.npz").exists()

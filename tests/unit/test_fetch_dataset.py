"""Raw files are the declared ones or there is an error that names the file and both hashes; nothing half-done stays."""

import hashlib
import zipfile

import pytest

from scripts import fetch_dataset as fetch
from scripts.lib.declared import Dataset, Source
from scripts.lib.prepared import DataError

CONTENT = b"0123456789" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ZEROS = "0" * 64


def dataset(sources, sha256=SHA256):
    texts = dict.fromkeys(("title", "licence", "citation", "version"), "text") | {"nature": "real"}
    files = {"samples.bin": sha256}
    return Dataset(name="tiny", **texts, loader="watch_imu", sources=sources, files=files, parameters=None)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """Makes a source of a wheel with `content`; what a run asks for is noted in `asked`."""
    asked = []

    def make(content=CONTENT, **changes):
        path = tmp_path / "tiny-1-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tiny/data/samples.bin", content)
        fields = {"kind": "pypi", "package": "tiny", "version": "1", "folder": "tiny/data"}
        return Source(**{**fields, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **changes})

    def deliver(source, part):
        asked.append(source.package)
        if source.package == "absent":
            raise fetch.SourceError("no such package")
        target = part / "tiny-1-py3-none-any.whl"
        target.write_bytes((tmp_path / "tiny-1-py3-none-any.whl").read_bytes())
        return target

    monkeypatch.setitem(fetch.PACKAGES, "pypi", deliver)
    make.asked = asked
    return make


def test_the_files_arrive_with_a_list_of_their_hashes(wheel, tmp_path):
    sums = tmp_path / "raw/SHA256SUMS"
    fetch.fetch_dataset(dataset([wheel()]), sums)
    assert (sums.parent / "samples.bin").read_bytes() == CONTENT
    assert sums.read_text() == f"{SHA256}  samples.bin\n"
    assert sorted(path.name for path in sums.parent.iterdir()) == ["SHA256SUMS", "samples.bin"]


def test_the_next_source_is_tried(wheel, tmp_path):
    fetch.fetch_dataset(dataset([wheel(package="absent"), wheel()]), tmp_path / "raw/SHA256SUMS")
    assert wheel.asked == ["absent", "tiny"]


def test_files_that_are_there_are_not_fetched_again(wheel, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/samples.bin").write_bytes(CONTENT)
    fetch.fetch_dataset(dataset([wheel()]), tmp_path / "raw/SHA256SUMS")
    assert wheel.asked == []


@pytest.mark.parametrize("damaged", [CONTENT[:-1], b"x" + CONTENT[1:], b""])
def test_a_damaged_local_file_is_replaced(wheel, tmp_path, damaged):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/samples.bin").write_bytes(damaged)
    fetch.fetch_dataset(dataset([wheel()]), tmp_path / "raw/SHA256SUMS")
    assert (tmp_path / "raw/samples.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("damaged", [CONTENT[:-1], b"x" + CONTENT[1:]])
def test_a_damaged_download_is_named_with_both_hashes_and_nothing_stays(wheel, tmp_path, damaged):
    with pytest.raises(fetch.SourceError) as caught:
        fetch.fetch_dataset(dataset([wheel(damaged)]), tmp_path / "raw/SHA256SUMS")
    for part in ("samples.bin", SHA256, hashlib.sha256(damaged).hexdigest()):
        assert part in str(caught.value)
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_package_with_another_hash_is_not_unpacked(wheel, tmp_path):
    with pytest.raises(fetch.SourceError, match=ZEROS):
        fetch.fetch_dataset(dataset([wheel(sha256=ZEROS)]), tmp_path / "raw/SHA256SUMS")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"samples\.bin: missing"):
        fetch.check_file(tmp_path / "samples.bin", SHA256)


def test_a_missing_tool_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    source = Source(kind="debian", package="tiny", version="1", sha256=ZEROS, folder="usr")
    with pytest.raises(fetch.SourceError, match="apt-get is not installed"):
        fetch.fetch_dataset(dataset([source]), tmp_path / "raw/SHA256SUMS")

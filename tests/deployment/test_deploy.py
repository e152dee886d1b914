"""From a cell to a device that runs it: over a good line, a broken one, with an image that fails, and back again."""

import shutil

import pytest
from rich.progress import Progress

from firmware.board import board_names, load_board
from scripts import deploy
from scripts.deployment.device import make_device, running
from scripts.deployment.keys import KeyProblem, check_key
from scripts.deployment.signing import Release
from scripts.deployment.updates import Refused, Updates
from tests.deployment import campaigns, devices

BOARD = load_board("stm32f4_disco")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return campaigns.small_job(tmp_path_factory.mktemp("job"), BOARD.name, None)


@pytest.fixture(scope="module")
def delivered(job, tmp_path_factory):
    """A device with its first image, which nobody runs yet."""
    folder = tmp_path_factory.mktemp("device")
    return make_device(folder, BOARD, job.signed(0, "0.0.0", confirmed=True)[0], devices.keys())


@pytest.fixture(scope="module")
def port(delivered):
    """The port of that device, which the tests update one after the other."""
    with running(delivered, BOARD, timed=False) as port:
        yield port


def trial(job, port):
    return deploy.Trial(job, port, "device", Progress(disable=True))


def changed(job, **what):
    return deploy.Job(**{**vars(job), **what})


def test_a_good_image_is_confirmed_a_bad_one_goes_back_and_the_first_comes_again(job, port):
    vectors = job.vectors
    wrong = type(vectors)(vectors.inputs, [vectors.outputs[0] ^ 1], vectors.oracle, vectors.tolerance)
    good = trial(job, port).deploy()
    assert (good.status, good.version, good.slot, good.reason) == ("confirmed", "0.0.1", 1, None)
    assert [step.outcome for step in good.steps] == ["done"] * 6
    bad = trial(changed(job, vectors=wrong), port).deploy()
    assert bad.status == "reverted"
    assert "self-test: vector 0 differs" in bad.reason
    assert trial(job, port).updates.active().version == "0.0.1"
    # The trial has overwritten the image before the good one: there is nothing to go back to.
    back = trial(job, port).rollback()
    assert (back.status, back.reason) == ("failed", "device: no confirmed image in the other slot to go back to")
    assert trial(changed(job, version="3.0.0"), port).deploy().status == "confirmed"
    assert trial(job, port).rollback().version == "0.0.1"
    assert [state.confirmed for state in trial(job, port).updates.states()] == [False, True]


@pytest.mark.parametrize("name", [name for name in board_names() if load_board(name).slots and name != BOARD.name])
def test_every_board_with_slots_takes_an_image(job, name, tmp_path):
    own = changed(job, board=load_board(name), version="1.2.3")
    folder = make_device(tmp_path, own.board, own.signed(0, "0.0.0", confirmed=True)[0], devices.keys())
    with running(folder, own.board, timed=False) as port:
        record = trial(own, port).deploy()
        assert (record.status, record.slot, record.reason) == ("confirmed", 1, None)
        assert trial(own, port).rollback().version == "0.0.0"


def test_a_slow_image_is_not_confirmed(job, port):
    record = trial(changed(job, budget_ms=1e-6), port).deploy()
    assert record.status == "reverted"
    assert "budget 1e-06 ms" in record.reason


def test_the_first_device_that_fails_stops_the_rest(job, port, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = trial(changed(job, budget_ms=1e-6), port), trial(job, port)
    assert [record.status for record in deploy.deploy([first, second])] == ["reverted"]
    assert second.steps == []
    assert deploy.table(tmp_path / "results/deployments") == deploy.table(
        tmp_path / "none"
    )  # nothing new runs anywhere


def test_an_image_for_the_other_slot_is_refused_before_it_is_written(job, port):
    attempt = trial(job, port)
    active = attempt.updates.active().slot
    with pytest.raises(Refused, match="device: refused: INVALID_FLASH_ADDRESS"):  # at once: it is no use to try again
        attempt.updates.upload(devices.signed(BOARD.name, active), lambda *_: None)


def test_a_power_cut_while_uploading_costs_another_try(job, delivered, tmp_path):
    folder = shutil.copytree(delivered, tmp_path / "device")
    with running(folder, BOARD, timed=False, cut=300) as port:
        before = trial(job, port).updates.active().version
        attempt = trial(changed(job, version="4.0.0"), port)
        attempt.updates = Updates(port, "device", answer_s=campaigns.ANSWER_S)
        record = attempt.deploy()
        assert attempt.updates.broken_links
        assert record.status == "confirmed", record.reason
        assert before != trial(job, port).updates.active().version == "4.0.0"


@pytest.mark.parametrize("text", ["1", "1.2", "256.0.0", "1.2.3-rc1", "1.2.70000", ""])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(KeyProblem, match="expected a semantic version"):
        Release(text, 0, bytes(8))


def test_a_key_that_others_can_read_is_refused(tmp_path):
    key = tmp_path / "signing.pem"
    key.write_text("secret")
    key.chmod(0o644)
    with pytest.raises(KeyProblem, match="others can read it"):
        check_key(key)
    with pytest.raises(KeyProblem, match="no such key"):
        check_key(tmp_path / "none.pem")

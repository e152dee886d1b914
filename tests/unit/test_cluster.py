"""Without Slurm a partition is refused in one line, and nothing is asked where none is named."""

import pytest

from firmware.settings import SettingsError
from scripts.lib.cluster import check_partitions


def test_no_partition_needs_no_slurm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check_partitions([])


def test_a_partition_without_slurm_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="slurm_partition=short: sinfo is not installed here"):
        check_partitions(["short"])

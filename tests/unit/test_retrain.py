"""What cannot be trained again is named."""

import pytest

from scripts import retrain


@pytest.mark.parametrize(
    ("name", "reason"), [("kws_mlp", "kws_mlp: no .tflite to compare with"), ("kws_mpl", "unknown model 'kws_mpl'")]
)
def test_a_model_that_is_not_there_is_refused(monkeypatch, tmp_path, capsys, name, reason):
    monkeypatch.setattr(retrain, "RESULTS", tmp_path)
    assert retrain.main([name]) == 1
    assert reason in capsys.readouterr().err

"""What the documentation says is what the code does."""

from scripts.write_config_reference import REFERENCE, reference
from tests.conftest import ROOT


def test_the_reference_of_the_configuration_is_up_to_date():
    assert (ROOT / REFERENCE).read_text(encoding="utf-8") == reference(), "make docs writes it anew"

"""The limits as settings."""

import pytest

from coursekit.sandbox import Limits


@pytest.mark.parametrize("value", [0, -1, 2**62, float("nan")])
def test_a_limit_out_of_range_is_named(value):
    with pytest.raises(ValueError, match="seconds must be more than 0"):
        Limits(seconds=value)


@pytest.mark.parametrize(("name", "value"), [("memory_bytes", 1.5), ("processes", True), ("seconds", "1")])
def test_a_limit_of_another_type_is_named(name, value):
    with pytest.raises(TypeError, match=name):
        Limits(**{name: value})

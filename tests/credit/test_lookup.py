"""Credit rules by name."""

import pytest

import ngcsnn as ng
from ngcsnn.credit import Grid, Precise, resolve


def test_names_and_objects():
    assert isinstance(resolve("precise"), Precise) and isinstance(resolve("grid"), Grid)
    own = Precise(floor=0.1)
    assert resolve(own) is own


def test_unknown_names_get_the_closest_one():
    with pytest.raises(ng.GraphError, match="unknown spike timing 'precice'.*precise"):
        resolve("precice")

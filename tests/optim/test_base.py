"""The protocol that compilers use."""

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import Optimiser, PerParameter


class Halve:
    """An optimiser of a user's own, without inheritance: parameters halve, gradients are not looked at."""

    def init(self, params):
        return jnp.int32(0)

    def step(self, opt_state, params, grads):
        return opt_state + 1, {name: p / 2 for name, p in params.items()}

    def set_step(self, opt_state, step):
        return jnp.int32(step)


def test_any_class_with_the_three_methods_is_an_optimiser():
    assert isinstance(Halve(), Optimiser)
    assert not isinstance(object(), Optimiser)
    params = {"a": {"w": jnp.ones(2)}}
    chosen = PerParameter({"*": Halve()})
    state, new = chosen.step(chosen.init(params), params, params)
    np.testing.assert_array_equal(new["a"]["w"], [0.5, 0.5])
    assert int(chosen.set_step(state, 7)["*"]) == 7
    assert chosen.get_hyper(state) == {"*": {}}
    with pytest.raises(ValueError, match="has no hyper-parameters to set"):
        chosen.set_hyper(state, eta=0.1)

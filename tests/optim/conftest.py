"""What the tests of the optimisers share: three arrays with twenty updates each, and recorded runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

OPTIM = Path(__file__).resolve().parent
NGCLEARN = OPTIM.parent / "reference" / "data" / "ngclearn"


class Run(NamedTuple):
    """Start values of three float64 arrays, and the update of each in each of twenty steps."""

    theta: list[np.ndarray]
    updates: list[list[np.ndarray]]

    def after(self, reference: Callable[[np.ndarray, list[np.ndarray]], np.ndarray]) -> list[np.ndarray]:
        """The arrays after all steps by a reference that takes one array and its updates."""
        return [reference(theta, [u[q] for u in self.updates]) for q, theta in enumerate(self.theta)]


@pytest.fixture
def run() -> Run:
    rng = np.random.default_rng(7)
    shapes = [(3, 4), (4,), (2, 2, 1)]
    return Run([rng.normal(size=s) for s in shapes], [[rng.normal(size=s) for s in shapes] for _ in range(20)])


@pytest.fixture
def ngclearn() -> Callable[[str], dict[str, np.ndarray]]:
    """Recorded runs of ngc-learn 3: theta0_q, then update_q_k, theta_q_k and opt_l_k (leaves of its state)."""
    return lambda name: dict(np.load(NGCLEARN / f"optim_{name}_default.npz"))


@pytest.fixture
def follow_ngclearn(ngclearn: Any) -> Callable[..., None]:
    """Replay a recorded run in float32 and compare parameters and memory after every step."""
    import jax
    import jax.numpy as jnp

    def follow(name: str, init: Callable, step: Callable) -> None:
        data = ngclearn(name)
        theta = [jnp.asarray(data[f"theta0_{q}"]) for q in range(3)]
        state = init(theta)
        for k in range(20):
            state, theta = step(state, theta, [data[f"update_{q}_{k}"] for q in range(3)])
            for q in range(3):
                np.testing.assert_allclose(theta[q], data[f"theta_{q}_{k}"], rtol=2e-6, atol=1e-6)
            memory = jax.tree.leaves(state)
            assert f"opt_{len(memory)}_{k}" not in data
            for leaf, recorded in zip(memory, [data[f"opt_{i}_{k}"] for i in range(len(memory))], strict=True):
                np.testing.assert_allclose(leaf, recorded, rtol=3e-5, atol=1e-7)  # 1 - float32(0.999) is off by 1.3e-5

    return follow


@pytest.fixture
def nest_optimiser() -> Callable[[str], dict[str, np.ndarray]]:
    """Recorded runs of NEST 3.10 e-prop: w_*0, then g_* (gradient) and w_* (weights after) of seven intervals."""
    return lambda name: dict(np.load(OPTIM / "data" / f"{name}.npz"))

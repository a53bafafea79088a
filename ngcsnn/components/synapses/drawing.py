"""Start weights of synapses whose array is no matrix: drawn for the inputs that reach a unit, then laid out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.init import generator


def redraw(synapse: Any, lay_out: Callable[[Callable[[int, int], np.ndarray]], np.ndarray]) -> None:
    """Replace drawn weights by `lay_out(draw)`; weights that were given stay.

    draw(n_in, n): a matrix of the initialiser's numbers for n units with n_in inputs each, all of one random stream.
    """
    initialiser = synapse.arguments["weights"]
    if not hasattr(initialiser, "draw"):
        return
    rng = generator(synapse.context.seed, synapse.name, "weights")
    values = synapse.context.live[synapse.name]
    drawn = lay_out(lambda n_in, n: initialiser.draw(rng, (n_in, n)))
    values["weights"] = jnp.asarray(drawn, values["weights"].dtype)

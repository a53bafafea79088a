"""What a compiler or a synapse asks of an optimiser."""

from typing import Any, Protocol, runtime_checkable

PyTree = Any


@runtime_checkable
class Optimiser(Protocol):
    """Three pure functions on any tree of parameters; everything that changes is in `opt_state`.

    `opt_state` is an ordinary pytree of arrays, so it can be donated, saved, sharded and carried through `lax.scan`.
    All three can be called inside `jit`. The object itself holds only what is fixed when a program is compiled.
    Any class with these methods is an optimiser; there is nothing to inherit from.
    """

    def init(self, params: PyTree) -> PyTree:
        """Return the state before the first step.

        Arguments: `params`, the tree of floating point arrays to be trained.
        """
        ...

    def step(self, opt_state: PyTree, params: PyTree, grads: PyTree) -> tuple[PyTree, PyTree]:
        """Return `(opt_state, params)` after one descent step.

        Arguments: `params`, the tree given to `init` or its successor; `grads`, the same leaves with the same shapes,
        gradients to descend. The new parameters keep shapes and dtypes.
        """
        ...

    def set_step(self, opt_state: PyTree, step: Any) -> PyTree:
        """Return `opt_state` with every schedule standing where it is before update number `step` (0 is the first).

        Moments and other memories are left alone. An optimiser without schedules accepts the call too.
        """
        ...

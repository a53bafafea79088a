"""Another optimiser for each parameter, chosen by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import jax

from ngcsnn.graph.errors import closest
from ngcsnn.optim.base import Optimiser
from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.rates import scale_rate
from ngcsnn.optim.trees import map_matched

PyTree = Any
WILDCARDS = "*?["


@dataclass(frozen=True)
class PerParameter:
    """Optimisers by parameter name: `PerParameter({"in_hid.weights": Adam(), "hidden.tau_m": SGD(), "*": Adam()})`.

    A parameter's name is its path joined by dots: `params["in_hid"]["weights"]` is `in_hid.weights`. An exact name
    wins over a pattern (`*.tau_m`, as in `fnmatch`, with upper and lower case told apart); patterns are tried in the
    order given, and `*` last wherever it stands. None instead of an optimiser holds the parameter fixed.
    Parameters that share an entry share one optimiser state: a `clip_norm` there is the norm over all of them.

    Arguments: `optimisers`, name or pattern to optimiser (any object of the `Optimiser` protocol) or None.
    Errors: `TypeError` for a value that is no optimiser. From `init` and `step`: `ValueError` for an entry that no
    parameter matches (with the closest name), an entry whose parameters are all taken by entries before it, or a
    parameter that nothing matches. (`*` alone may be left without work.)
    """

    optimisers: Mapping[str, Optimiser | None]

    def __post_init__(self) -> None:
        if not isinstance(self.optimisers, Mapping) or not self.optimisers:
            raise TypeError(
                f"PerParameter: `optimisers` must be a mapping of names to optimisers, got {self.optimisers!r}"
            )
        for key, optimiser in self.optimisers.items():
            if not isinstance(key, str):
                raise TypeError(f"PerParameter: names must be text, got {key!r}")
            if optimiser is not None and (isinstance(optimiser, type) or not isinstance(optimiser, Optimiser)):
                raise TypeError(f"PerParameter: {key!r} must be given an optimiser or None, got {optimiser!r}")
        object.__setattr__(self, "optimisers", dict(self.optimisers))

    def __hash__(self) -> int:
        return hash(tuple(self.optimisers.items()))

    def __repr__(self) -> str:
        return f"PerParameter({dict(self.optimisers)!r})"

    def init(self, params: PyTree) -> dict[str, Any]:
        """Return the state of every entry that has parameters, by the entry's name or pattern."""
        named, _ = _named_leaves(params)
        return {entry: optimiser.init(group) for entry, optimiser, group in self._groups(named)}

    def step(self, opt_state: dict[str, Any], params: PyTree, grads: PyTree) -> tuple[dict[str, Any], PyTree]:
        """Return `(opt_state, params)` after one call of every entry's optimiser on its own parameters.

        Errors: `ValueError` naming a leaf that `grads` lacks or has in another shape, and those of the class.
        """
        (grads,) = map_matched(lambda _, g: (g,), 1, params, name="params", grads=grads)
        named, treedef = _named_leaves(params)
        named_grads, _ = _named_leaves(grads)
        new_state, new = dict(opt_state), dict(named)
        for entry, optimiser, group in self._groups(named):
            if entry not in opt_state:
                raise unknown_name("entry of PerParameter's `opt_state`", entry, opt_state)
            group_grads = {name: named_grads[name] for name in group}
            new_state[entry], changed = optimiser.step(opt_state[entry], group, group_grads)
            new.update(changed)
        return new_state, treedef.unflatten([new[name] for name in named])

    def set_step(self, opt_state: dict[str, Any], step: Any) -> dict[str, Any]:
        """Return the state with the schedules of every entry standing before update number `step`."""
        return {entry: self._optimiser(entry).set_step(state, step) for entry, state in opt_state.items()}

    def set_hyper(self, opt_state: dict[str, Any], entry: str | None = None, /, **values: Any) -> dict[str, Any]:
        """Return the state with new hyper-parameters in one entry (`"hidden.tau_m"`, as written), or in all (None).

        Errors: `ValueError` for an unknown entry, and those of the entries' own `set_hyper`.
        """
        if entry is not None and entry not in opt_state:
            raise unknown_name("entry of PerParameter", entry, opt_state)
        changed = dict(opt_state)
        for e in opt_state if entry is None else [entry]:
            optimiser: Any = self._optimiser(e)
            if not hasattr(optimiser, "set_hyper"):
                raise ValueError(f"PerParameter: {optimiser!r}, the optimiser of {e!r}, has no hyper-parameters to set")
            changed[e] = optimiser.set_hyper(opt_state[e], **values)
        return changed

    def scale_rate(self, opt_state: dict[str, Any], factor: float) -> dict[str, Any]:
        """Return the state with the learning rate of every entry times `factor`."""
        return {entry: scale_rate(self._optimiser(entry), state, factor) for entry, state in opt_state.items()}

    def get_hyper(self, opt_state: dict[str, Any]) -> dict[str, dict[str, jax.Array]]:
        """Return the values that the next update will use, by entry; nothing for an optimiser that does not tell."""
        tellers = {e: getattr(self._optimiser(e), "get_hyper", None) for e in opt_state}
        return {e: tell(opt_state[e]) if tell else {} for e, tell in tellers.items()}

    def _optimiser(self, entry: str) -> Optimiser:
        optimiser = self.optimisers.get(entry)
        if optimiser is None:
            raise unknown_name("entry of PerParameter", entry, self.optimisers)
        return optimiser

    def _groups(self, named: dict[str, Any]) -> list[tuple[str, Optimiser, dict[str, Any]]]:
        """Entries with an optimiser and work to do, each with its parameters."""
        chosen = self.assign(list(named))
        members: dict[str, dict[str, Any]] = {}
        for name, leaf in named.items():
            members.setdefault(chosen[name], {})[name] = leaf
        return [
            (entry, optimiser, members[entry])
            for entry, optimiser in self.optimisers.items()
            if optimiser is not None and entry in members
        ]

    def assign(self, names: list[str]) -> dict[str, str]:
        """Return which entry each parameter name falls to; raises as the class says."""
        patterns = [k for k in self.optimisers if any(w in k for w in WILDCARDS) and k not in names and k != "*"]
        if "*" in self.optimisers:
            patterns.append("*")
        chosen = {}
        for name in names:
            matches = [name] if name in self.optimisers else [p for p in patterns if fnmatchcase(name, p)]
            if not matches:
                raise ValueError(
                    f"PerParameter: no entry matches the parameter {name!r}; entries: {', '.join(self.optimisers)}. "
                    'Add one, or "*" for all others (None holds them fixed)'
                )
            chosen[name] = matches[0]
        for entry in self.optimisers:
            if entry != "*" and entry not in chosen.values():
                raise self._unused(entry, names)
        return chosen

    def _unused(self, entry: str, names: list[str]) -> ValueError:
        if entry not in names and any(fnmatchcase(name, entry) for name in names):
            return ValueError(
                f"PerParameter: the parameters that {entry!r} matches are all taken by exact names or by patterns "
                f"before it: {', '.join(self.optimisers)}. Put the narrower pattern first"
            )
        return ValueError(f"PerParameter: {entry!r} matches no parameter{closest(entry, names)}")


def _named_leaves(params: PyTree) -> tuple[dict[str, Any], Any]:
    leaves, treedef = jax.tree_util.tree_flatten_with_path(params)
    named = {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}
    if len(named) != len(leaves):
        raise ValueError("PerParameter: two parameters have the same name when their paths are joined by dots")
    return named, treedef

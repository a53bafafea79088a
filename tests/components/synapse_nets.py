"""Every kind of synapse beside what it is as a matrix, worked out one synapse at a time; networks of either."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import ngcsnn as ng
from ngcsnn.components import (
    AllButSelfSynapse,
    AvgPool2DSynapse,
    Conv2DSynapse,
    Conv2DTransposeSynapse,
    DenseSynapse,
    LICell,
    LocallyConnected2DSynapse,
    OneToOneSynapse,
    PatchedSynapse,
    SparseSynapse,
)
from ngcsnn.data import EventData

STEPS, SAMPLES = 25, 4
LOSS = {"output": "sparse_categorical_crossentropy"}
TARGETS = {"output": np.arange(SAMPLES) % 3}
Connection = tuple[int, int, tuple[int, ...], float]  # pre, post, index of its weight, factor


def pixels(shape: tuple[int, ...], *at: int) -> int:
    return int(np.ravel_multi_index(at, shape))


def axis_windows(n: int, k: int, s: int, padding: str) -> list[range]:
    """The positions on an axis of length n that each window covers; some may lie outside."""
    if padding == "valid":
        return [range(y, y + k) for y in range(0, n - k + 1, s)]
    count = int(np.ceil(n / s))
    start = -(max((count - 1) * s + k - n, 0) // 2)
    return [range(start + i * s, start + i * s + k) for i in range(count)]


def convolution(shape: Any, filters: int, k: Any, s: Any, padding: str) -> tuple[Any, list[Connection]]:
    """(shape of the output, connections) of a convolution."""
    rows, columns = (axis_windows(shape[a], k[a], s[a], padding) for a in (0, 1))
    out = (len(rows), len(columns), filters)
    found = [
        (pixels(shape, y, x, c), pixels(out, row, column, f), (i, j, c, f), 1.0)
        for row, ys in enumerate(rows) for column, xs in enumerate(columns)
        for i, y in enumerate(ys) for j, x in enumerate(xs) if 0 <= y < shape[0] and 0 <= x < shape[1]
        for c in range(shape[2]) for f in range(filters)
    ]  # fmt: skip
    return out, found


def local(shape: Any, filters: int, k: Any, s: Any, padding: str) -> tuple[Any, list[Connection]]:
    """A convolution whose weights belong to one window each."""
    out, found = convolution(shape, filters, k, s, padding)
    return out, [(i, j, (*np.unravel_index(j, out)[:2], *index), f) for i, j, index, f in found]  # type: ignore[misc]


def transposed(shape: Any, filters: int, k: Any, s: Any, padding: str) -> tuple[Any, list[Connection]]:
    """The same of its transpose, from the larger image's convolution."""
    larger = [n * s if padding == "same" else (n - 1) * s + k for n, k, s in zip(shape[:2], k, s, strict=True)]
    _, found = convolution((*larger, filters), shape[2], k, s, padding)
    return (*larger, filters), [(post, pre, (i, j, c, f), 1.0) for pre, post, (i, j, f, c), _ in found]


def pooling(shape: Any, k: Any, s: Any) -> tuple[Any, list[Connection]]:
    out, found = convolution(shape, shape[2], k, s, "valid")
    return out, [(pre, post, (), 1 / (k[0] * k[1])) for pre, post, (_, _, c, f), _ in found if c == f]


class Kind(NamedTuple):
    cls: Any
    arguments: dict[str, Any]
    sizes: tuple[int, int]
    connections: list[Connection]
    shape: tuple[int, ...] | None  # of the weights

    def make(self, name: str, seed: int = 0, scale: float = 1.0, **more: Any) -> Any:
        return self.cls(name, **self.arguments, **self.weights(seed, scale), **more)

    def weights(self, seed: int, scale: float) -> dict[str, Any]:
        if self.shape is None:
            return {}
        return {"weights": scale * np.random.default_rng(seed).normal(0.6, 1.0, self.shape)}

    def matrix(self, weights: Any) -> np.ndarray:
        out = np.zeros(self.sizes)
        for pre, post, index, factor in self.connections:
            out[pre, post] += factor * (1.0 if weights is None else np.asarray(weights)[index])
        return out

    def gradient(self, of_matrix: Any) -> np.ndarray:
        """What the gradient of a matrix is for the weights it is made of."""
        out = np.zeros(self.shape or ())
        for pre, post, index, factor in self.connections:
            out[index] += factor * np.asarray(of_matrix)[pre, post]
        return out


def image_kind(cls: Any, shape: Any, filters: int, k: Any, s: Any, padding: str) -> Kind:
    wiring = transposed if cls is Conv2DTransposeSynapse else convolution
    out, found = wiring(shape, filters, k, s, padding)
    arguments = {"in_shape": shape, "filters": filters, "kernel_size": k, "strides": s, "padding": padding}
    return Kind(cls, arguments, (int(np.prod(shape)), int(np.prod(out))), found, (*k, shape[2], filters))


def local_kind(shape: Any, filters: int, k: Any, s: Any, padding: str) -> Kind:
    out, found = local(shape, filters, k, s, padding)
    arguments = {"in_shape": shape, "filters": filters, "window_size": k, "strides": s, "padding": padding}
    sizes = (int(np.prod(shape)), int(np.prod(out)))
    return Kind(LocallyConnected2DSynapse, arguments, sizes, found, (*out[:2], *k, shape[2], filters))


def patched_kind(patches: int, shape: tuple[int, int], strides: tuple[int, int]) -> Kind:
    found: list[Connection] = [
        (p * strides[0] + i, p * strides[1] + j, (p, i, j), 1.0) for p, i, j in np.ndindex(patches, *shape)
    ]
    first, second = ((patches - 1) * s + n for s, n in zip(strides, shape, strict=True))
    arguments = {"patches": patches, "patch_shape": shape, "pre_stride": strides[0], "post_stride": strides[1]}
    return Kind(PatchedSynapse, arguments, (first, second), found, (patches, *shape))


def all_but_self_kind(n: int) -> Kind:
    found: list[Connection] = [(i, j, (i,), 1.0) for i, j in np.ndindex(n, n) if i != j]
    return Kind(AllButSelfSynapse, {"n_units": n}, (n, n), found, (n,))


def pool_kind(shape: Any, k: Any, s: Any) -> Kind:
    out, found = pooling(shape, k, s)
    arguments = {"in_shape": shape, "pool_size": k, "strides": s}
    return Kind(AvgPool2DSynapse, arguments, (int(np.prod(shape)), int(np.prod(out))), found, None)


def sparse_kind(pre: Any, post: Any, shape: tuple[int, int]) -> Kind:
    found: list[Connection] = [(i, j, (k,), 1.0) for k, (i, j) in enumerate(zip(pre, post, strict=True))]
    return Kind(SparseSynapse, {"shape": shape, "pre": pre, "post": post}, shape, found, (len(found),))


def dense_kind(shape: tuple[int, int]) -> Kind:
    return Kind(DenseSynapse, {"shape": shape}, shape, [(i, j, (i, j), 1.0) for i, j in np.ndindex(shape)], shape)


def one_to_one_kind(n: int) -> Kind:
    return Kind(OneToOneSynapse, {"n_units": n}, (n, n), [(i, i, (i,), 1.0) for i in range(n)], (n,))


def some_pairs(shape: tuple[int, int], n: int, hub: int, seed: int = 0) -> tuple[list[int], list[int]]:
    """`n` pairs in no order, and one postsynaptic unit that all send to."""
    rng = np.random.default_rng(seed)
    chosen = set(rng.choice(shape[0] * shape[1], n, replace=False).tolist()) | {
        i * shape[1] + hub for i in range(shape[0])
    }
    pair = rng.permutation(sorted(chosen))
    return (pair // shape[1]).tolist(), (pair % shape[1]).tolist()


VARIED = {
    "dense": dense_kind((5, 7)),
    "dense, square": dense_kind((3, 3)),
    "sparse": sparse_kind(*some_pairs((9, 7), 12, hub=4), shape=(9, 7)),
    "convolution": image_kind(Conv2DSynapse, (5, 4, 2), 3, (3, 2), (1, 1), "valid"),
    "strided convolution": image_kind(Conv2DSynapse, (5, 6, 1), 2, (2, 1), (2, 3), "same"),
    "transposed convolution": image_kind(Conv2DTransposeSynapse, (2, 3, 2), 2, (3, 2), (2, 1), "valid"),
    "pooling": pool_kind((5, 4, 2), (2, 2), (2, 2)),
    "patched": patched_kind(3, (4, 5), (2, 3)),
    "patched, with gaps": patched_kind(4, (2, 5), (3, 2)),
    "locally connected": local_kind((5, 4, 2), 3, (3, 2), (1, 1), "valid"),
    "strided locally connected": local_kind((5, 6, 1), 2, (2, 1), (2, 3), "same"),
    "all but self": all_but_self_kind(5),
}
LAYER = {  # from 12 units to 8
    "strided_convolution": image_kind(Conv2DSynapse, (3, 4, 1), 2, (2, 3), (2, 2), "same"),
    "transposed_convolution": image_kind(Conv2DTransposeSynapse, (1, 2, 6), 1, (3, 3), (2, 2), "same"),
    "patched": patched_kind(2, (7, 4), (5, 4)),
    "locally_connected": local_kind((3, 4, 1), 2, (2, 3), (2, 2), "same"),
}
SQUARE = {  # from 8 units to 8, with synapses from units to themselves
    "sparse": sparse_kind(*some_pairs((8, 8), 14, hub=3, seed=2), shape=(8, 8)),
    "one_to_one": one_to_one_kind(8),
    "convolution": image_kind(Conv2DSynapse, (4, 2, 1), 1, (3, 2), (1, 1), "same"),
    "convolution_to_channels": image_kind(Conv2DSynapse, (4, 2, 1), 4, (1, 2), (2, 2), "same"),
    "transposed_convolution": image_kind(Conv2DTransposeSynapse, (2, 1, 4), 1, (3, 3), (2, 2), "same"),
    "pooling_of_one": pool_kind((2, 2, 2), (1, 1), (1, 1)),
    "patched": patched_kind(3, (4, 4), (2, 2)),
    "locally_connected": local_kind((4, 2, 1), 1, (3, 2), (1, 1), "same"),
    "all_but_self": all_but_self_kind(8),
}


def events(n_units: int, seed: int = 0) -> EventData:
    rng = np.random.default_rng(seed)
    n = 3 * n_units
    times = np.sort(rng.uniform(0.0, 0.7 * STEPS, (SAMPLES, n)), axis=1)
    return EventData.from_lists(list(zip(times, rng.integers(0, n_units, (SAMPLES, n)), strict=True)), n_units)


def made(kinds: dict[str, Kind], as_matrix: bool, scale: float) -> dict[str, Any]:
    """Synapses of the kinds, called as these are; or the matrix of each as a DenseSynapse."""
    out = {}
    for seed, (name, kind) in enumerate(kinds.items()):
        if as_matrix:
            matrix = kind.matrix(kind.weights(seed, scale).get("weights"))
            mask = kind.matrix(np.ones(kind.shape or ())) != 0
            out[name] = DenseSynapse(name, shape=kind.sizes, weights=matrix, mask=mask)
        else:
            out[name] = kind.make(name, seed=seed, scale=scale)
    return out


def read_out(hidden: Any) -> None:
    output = LICell("output", n_units=3)
    readout = DenseSynapse("readout", shape=(hidden.n_units, 3), weights=ng.init.Normal(0.1, 0.5))
    hidden.s >> readout.inputs
    readout.outputs >> output.syn

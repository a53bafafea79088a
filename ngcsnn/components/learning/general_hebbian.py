"""The general form of a Hebbian rule: all products of rates up to second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import hyper
from ngcsnn.graph.checks import Check


def _numbers(value: Any) -> bool:
    return not isinstance(value, tuple) or (len(value) > 0 and all(isinstance(c, int | float) for c in value))


def _coefficient(of: str, default: float = 0.0) -> Any:
    doc = f"coefficient of {of}: a number, or (a, b, c, ...) for a + b w + c w^2 + ..."
    return hyper(default, kind=(float, tuple), check=Check(_numbers, "a number, or numbers"), doc=doc)


class GeneralHebbianRule(RateRule):
    """What the two sides can do together up to second order, each with a coefficient that may depend on the weight.

        dw_ij = c0(w_ij) + c_pre(w_ij) pre_i + c_post(w_ij) post_j
                + c_corr(w_ij) pre_i post_j + c_pre2(w_ij) pre_i^2 + c_post2(w_ij) post_j^2

    A coefficient is a number, or the numbers (a, b, c, ...) of a polynomial a + b w + c w^2 + ... of the weight. Oja's
    rule has c_corr 1, c_post2 (0, -1); the covariance rule c_corr 1, c_pre -<post>; presynaptic gating c_corr 1, c_pre
    minus a threshold. A change per step, or with `tau` of continuous time, see `RateRule`; of biases likewise, pre = 1.
    Source: Gerstner & Kistler 2002, Spiking Neuron Models, section 10.2.
    """

    biased = True

    c0 = _coefficient("1")
    c_pre = _coefficient("pre")
    c_post = _coefficient("post")
    c_corr = _coefficient("pre post", 1.0)
    c_pre2 = _coefficient("pre^2")
    c_post2 = _coefficient("post^2")

    def terms(self) -> Sequence[Term]:
        pre, post = self.pre.get(), self.post.get()
        sides = {
            "c0": (None, None),
            "c_pre": (pre, None),
            "c_post": (None, post),
            "c_corr": (pre, post),
            "c_pre2": (pre * pre, None),
            "c_post2": (None, post * post),
        }
        coefficients = {name: getattr(self, name) for name in sides}
        return [Term(*sides[name], factor=self._polynomial(c)) for name, c in coefficients.items() if c]

    def _polynomial(self, coefficient: Any) -> Callable[[Any], Any]:
        numbers = coefficient if isinstance(coefficient, tuple) else (coefficient,)

        def value(w: Any) -> Any:
            total = 0.0 * w
            for number in reversed(numbers):
                total = total * w + self.share * number
            return total

        return value

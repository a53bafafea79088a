"""Arguments of gradient compilers that set fields of losses and readouts, under the names that mlGeNN gives them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.objectives import Loss, Readout, Var

PER_TRIAL = ("avg_var", "sum_var")  # readouts whose loss has a form at every step


class LossOptions:
    """per_timestep_loss: the loss of every step, averaged, in place of that of the trial's mean (readout `var` in place
    of `avg_var` or `sum_var`). ttfs_alpha, softmax_temperature: the fields `ttfs_alpha` and `temperature` of the losses
    that have them; None: as the losses say."""

    def __init__(self, per_timestep_loss: Any = False, ttfs_alpha: Any = None, softmax_temperature: Any = None):
        if not isinstance(per_timestep_loss, bool):
            raise GraphError(f"`per_timestep_loss` must be True or False, got {per_timestep_loss!r}")
        self.per_timestep_loss = per_timestep_loss
        self.values = {"ttfs_alpha": ttfs_alpha, "temperature": softmax_temperature}
        self.used: set[str] = set()

    def __call__(self, name: str, loss: Loss, readout: Readout) -> tuple[Loss, Readout]:
        """Loss and readout of the output `name` with these options. Errors: `GraphError` for what does not apply."""
        known = {f.name for f in fields(loss)}
        given = {k: v for k, v in self.values.items() if v is not None and k in known}
        self.used.update(given)
        if given:
            try:
                loss = replace(loss, **given)
            except (ValueError, TypeError) as error:
                raise GraphError(f"`losses` of '{name}': {error}") from None
        if self.per_timestep_loss:
            if readout.kind not in PER_TRIAL:
                raise GraphError(
                    f"`per_timestep_loss` replaces the readouts {' and '.join(PER_TRIAL)} by var; output '{name}' has "
                    f"'{readout.kind}'"
                )
            readout = Var(integral=getattr(readout, "integral", "exact"))
        return loss, readout

    def check_used(self) -> None:
        """Raise for an option that no loss has a field for."""
        arguments = {"ttfs_alpha": "ttfs_alpha", "temperature": "softmax_temperature"}
        idle = [arguments[k] for k, v in self.values.items() if v is not None and k not in self.used]
        if idle:
            raise GraphError(f"`{idle[0]}` applies to none of the losses of this network")

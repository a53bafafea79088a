"""Optimisers: pure init and step functions, and objects with schedules, clamps, clipping and batches on top."""

from ngcsnn.optim import schedules as schedules
from ngcsnn.optim.adam import Adam as Adam, adam_init as adam_init, adam_step as adam_step
from ngcsnn.optim.base import Optimiser as Optimiser
from ngcsnn.optim.clipping import (
    clip_by_global_norm as clip_by_global_norm,
    clip_by_value as clip_by_value,
    global_norm as global_norm,
)
from ngcsnn.optim.constraints import apply_mask as apply_mask, clamp_params as clamp_params
from ngcsnn.optim.deep_r import DeepR as DeepR
from ngcsnn.optim.gradient_optimiser import GradientOptimiser as GradientOptimiser, OptState as OptState
from ngcsnn.optim.lookup import (
    describe as describe,
    from_description as from_description,
    get_opt_init_fn as get_opt_init_fn,
    get_opt_step_fn as get_opt_step_fn,
)
from ngcsnn.optim.nag import NAG as NAG, nag_init as nag_init, nag_step as nag_step
from ngcsnn.optim.nest import nest_optimiser as nest_optimiser
from ngcsnn.optim.nest_lazy import nest_lazy_init as nest_lazy_init, nest_lazy_step as nest_lazy_step
from ngcsnn.optim.nest_online import NestOnline as NestOnline
from ngcsnn.optim.optax_adapter import from_optax as from_optax
from ngcsnn.optim.per_param import PerParameter as PerParameter
from ngcsnn.optim.schedules import per_epoch as per_epoch
from ngcsnn.optim.sgd import SGD as SGD, sgd_init as sgd_init, sgd_step as sgd_step

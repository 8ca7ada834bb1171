"""Pure functions of the training step: replace rates (Xu et al., 2020, section 3.3) and the learning rate.

Nothing here has state: a resumed run asks for the same step and gets the same value. Replacement draws too are a pure
function, of (seed, step, module).
"""

from collections.abc import Callable
from functools import partial

import numpy as np

ReplaceRate = Callable[[int], float]

SCHEDULES = ("linear", "constant")


def constant(step: int, *, rate: float, until: int) -> float:
    """`rate` for the first `until` steps, then 1.0 (the "constant" scheduler of Xu et al., with its final phase)."""
    return rate if step < until else 1.0


def linear(step: int, *, slope: float, base: float) -> float:
    """min(1, slope * step + base), equation 6 of Xu et al.; unlike the original TF1 project, clipped at 1."""
    return min(1.0, slope * step + base)


def replace_rate(
    name: str, total_steps: int, *, base: float = 0.3, reach: float = 0.7, rate: float = 0.5
) -> ReplaceRate:
    """The replace rate as a function of the step, in terms of the length of stage 1.

    Args:
        name: "linear" or "constant".
        total_steps: number of steps of stage 1.
        base: rate of the linear schedule at step 0.
        reach: share of stage 1 after which the linear rate is 1, or the constant rate changes to 1.
        rate: rate of the constant schedule.

    Raises:
        ValueError: unknown name, or a value outside its range.
    """
    for label, value in (("base", base), ("reach", reach), ("rate", rate)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{label} lies between 0 and 1. Received: {value}")
    turning = max(1, round(reach * total_steps))
    if name == "linear":
        return partial(linear, slope=(1.0 - base) / turning, base=base)
    if name == "constant":
        return partial(constant, rate=rate, until=turning)
    raise ValueError(f"the replace rate is linear or constant. Received: {name!r}")


def draw_replacements(rate: float, seed: int, step: int, modules: int) -> np.ndarray:
    """One Bernoulli(rate) draw per module: True where the successor's layer runs.

    Returns:
        bool array of shape (modules,), a pure function of its arguments.
    """
    return np.random.default_rng((seed, step)).random(modules) < rate


def warmup_linear_decay(step, *, peak: float, warmup: int, total: int, minimum=min, maximum=max):
    """Learning rate: linear from 0 to `peak` over `warmup` steps, then linear to 0 at `total`.

    `minimum` and `maximum` let the same formula run on tensors.
    """
    rising = (step + 1.0) / max(1, warmup)
    falling = (total - step) / max(1, total - warmup)
    return peak * maximum(0.0, minimum(1.0, minimum(rising, falling)))

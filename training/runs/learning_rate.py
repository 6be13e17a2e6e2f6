"""Learning rate of each step: warm-up, then constant or with a decay."""

import math

from training.runs.run_config import RunConfig

LINEAR_DECAY_FROM = 0.75


def decay_from(config: RunConfig) -> float:
    """Return the share of the steps after which the learning rate decays; 1 where it stays constant."""
    if config.final_learning_rate is None:
        return 1.0
    warm = (config.warmup_steps or 0) / config.steps
    return warm if config.learning_rate_schedule == "cosine" else max(warm, LINEAR_DECAY_FROM)


def learning_rate(config: RunConfig, step: int) -> float:
    """Return the learning rate of the optimiser step that follows ``step`` steps.

    Warm-up: ``peak (step + 1) / warmup_steps`` (Goyal et al. 2017, section 2.2). Decay, with ``t`` from 0 where it
    begins to 1 at the end: ``peak + t (final - peak)``, or ``final + (peak - final) (1 + cos(pi t)) / 2``
    (Loshchilov & Hutter 2017, eq. 5).
    """
    peak, final, warmup, start = (
        config.learning_rate,
        config.final_learning_rate,
        config.warmup_steps,
        decay_from(config),
    )
    if warmup is not None and step < warmup:
        return peak * (step + 1) / warmup
    if final is None or step <= start * config.steps:
        return peak
    t = (step / config.steps - start) / (1 - start)
    if config.learning_rate_schedule == "cosine":
        return final + (peak - final) * (1 + math.cos(math.pi * t)) / 2
    return peak + t * (final - peak)

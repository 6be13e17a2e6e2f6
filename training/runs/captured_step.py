"""Steps that are captured once and replayed: on a GPU the kernels of a step are launched as one CUDA graph.

Not measured on a GPU. Everything that a replay must not repeat is an input: images, noise, the learning rate (a
tensor of the optimiser) and the scheduled numbers of the objectives.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from training.runs.run_config import RunConfig
from training.runs.run_state import RunState
from training.runs.step import Draws, Networks, Update, update
from training.runs.step_losses import StepLosses

WARM_STEPS = 3
"""Steps before the capture, in which libraries choose their kernels and optimisers make their state."""

Kernels = Callable[[], list[StepLosses]]


def cuda_graph(kernels: Kernels) -> Kernels:
    """Capture ``kernels`` as a CUDA graph without executing them, and return what replays it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = kernels()

    def replay() -> list[StepLosses]:
        graph.replay()
        return losses

    return replay


def computation(config: RunConfig, device: torch.device) -> Update:
    """Return what computes the steps of runs with these settings."""
    return CapturedStep() if config.cuda_graphs and device.type == "cuda" else update


class CapturedStep:
    """`training.runs.step.update`, captured after some steps. Runs with an adversary, which draws, are not captured.

    Parameters
    ----------
    capture : callable
        Makes of a function without arguments one that repeats its kernels on the same tensors.
    """

    def __init__(self, capture: Callable[[Kernels], Kernels] = cuda_graph) -> None:
        self._capture = capture
        self._warm = 0
        self._replay: Kernels | None = None
        self._inputs: Draws | None = None
        self._scheduled: list[dict[str, Tensor]] = []

    def __call__(
        self, runs: Sequence[RunState], networks: Networks, first: Draws, second: Draws | None
    ) -> list[StepLosses]:
        """Make the computations of `update`, always with the same runs and networks."""
        if second is not None:
            return update(runs, networks, first, second)
        if self._warm < WARM_STEPS:
            self._warm += 1
            return _on_another_stream(lambda: update(runs, networks, first, None), first.images.device)
        if self._inputs is None or self._replay is None:
            self._inputs = Draws(*(each.clone() for each in first))
            self._scheduled = [_scheduled(run) for run in runs]
            self._replay = self._capture(self._kernels(runs, networks, self._inputs))
        for kept, new in zip(self._inputs, first, strict=True):
            kept.copy_(new)
        for run, tensors in zip(runs, self._scheduled, strict=True):
            for name, value in run.objective.schedule(run.step).items():
                tensors[name].fill_(value)
        return [each._replace(values=each.values.clone()) for each in self._replay()]

    def _kernels(self, runs: Sequence[RunState], networks: Networks, inputs: Draws) -> Kernels:
        def kernels() -> list[StepLosses]:
            for run, tensors in zip(runs, self._scheduled, strict=True):
                run.objective.scheduled = tensors
            try:
                return update(runs, networks, inputs, None)
            finally:
                for run in runs:
                    run.objective.scheduled = None

        return kernels


def _scheduled(run: RunState) -> dict[str, Tensor]:
    numbers = run.objective.schedule(run.step)
    return {name: torch.full((), each, dtype=torch.float64, device=run.device) for name, each in numbers.items()}


def _on_another_stream(kernels: Kernels, device: torch.device) -> list[StepLosses]:
    """Execute ``kernels`` beside the default stream, as a capture will, where there are streams."""
    if device.type != "cuda":
        return kernels()
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        losses = kernels()
    torch.cuda.current_stream(device).wait_stream(stream)
    return losses

"""Steps that are captured once and replayed: on a GPU the kernels of a step are launched as one CUDA graph.

Runs are branches of the graph: a small network fills a fraction of a GPU, and the kernels of several runs execute at
the same time. Everything that a replay must not repeat is an input: images, noise, the learning rate (a tensor of the
optimiser), the scheduled numbers of the objectives, and the states of the random generators.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from training.runs.run_config import RunConfig
from training.runs.run_state import RunState
from training.runs.step import Draws, Networks, Update, update
from training.runs.step_losses import StepLosses

WARM_STEPS = 3
"""Steps before the capture, in which libraries choose their kernels and optimisers make their state."""

Kernels = Callable[[], list[StepLosses]]


def is_captured(config: RunConfig, device: torch.device) -> bool:
    """Return whether runs with these settings are trained by captured steps."""
    return config.cuda_graphs and device.type == "cuda"


def computation(networks: Sequence[Networks], config: RunConfig, device: torch.device) -> Update:
    """Return what computes the steps of runs with these settings.

    Parameters
    ----------
    networks : sequence of Networks
        One for each run, or a single one of all runs.
    config : RunConfig
        Of the first run.
    device : torch.device
    """
    compute = partial(update, networks[0]) if len(networks) == 1 else SideBySide(networks)
    return CapturedStep(compute) if is_captured(config, device) else compute


class SideBySide:
    """`training.runs.step.update` of several runs, each on a stream of its own where the device has streams.

    Parameters
    ----------
    networks : sequence of Networks
        One for each run.
    """

    def __init__(self, networks: Sequence[Networks]) -> None:
        self._networks = networks
        self._streams: list[torch.cuda.Stream] = []

    def __call__(self, runs: Sequence[RunState], first: Draws, second: Draws | None) -> list[StepLosses]:
        """Make the computations of `update`."""
        device = runs[0].device
        if device.type == "cuda" and not self._streams:
            self._streams = [torch.cuda.Stream(device) for _ in runs]  # type: ignore[no-untyped-call]
        found = []
        for index, (run, networks) in enumerate(zip(runs, self._networks, strict=True)):
            draws = first.of_run(index), None if second is None else second.of_run(index)
            compute = partial(update, networks, [run], *draws)
            found += _on(self._streams[index], compute) if self._streams else compute()
        for stream in self._streams:
            torch.cuda.current_stream(device).wait_stream(stream)
        return found


def _on(stream: torch.cuda.Stream, kernels: Kernels) -> list[StepLosses]:
    """Launch ``kernels`` on ``stream``, after what the current stream holds."""
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    with torch.cuda.stream(stream):
        return kernels()


def cuda_graph(kernels: Kernels, generators: Sequence[torch.Generator]) -> Kernels:
    """Capture ``kernels``, which draw from ``generators``, as a CUDA graph, and return what replays it."""
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        losses = kernels()

    def replay() -> list[StepLosses]:
        graph.replay()
        return losses

    return replay


class CapturedStep:
    """An update of always the same runs, captured after some steps.

    Parameters
    ----------
    compute : callable
        The update.
    capture : callable
        Makes of a function without arguments, and the generators that it draws from, one that repeats its kernels on
        the same tensors.
    """

    def __init__(
        self, compute: Update, capture: Callable[[Kernels, Sequence[torch.Generator]], Kernels] = cuda_graph
    ) -> None:
        self._compute, self._capture = compute, capture
        self._warm = 0
        self._replay: Kernels | None = None
        self._inputs: list[Draws] = []
        self._scheduled: list[dict[str, Tensor]] = []

    def __call__(self, runs: Sequence[RunState], first: Draws, second: Draws | None) -> list[StepLosses]:
        """Make the computations of the update."""
        given = [first] if second is None else [first, second]
        if self._warm < WARM_STEPS:
            self._warm += 1
            return _beside(lambda: self._compute(runs, first, second), runs[0].device)
        if self._replay is None:
            self._inputs = [Draws(*(each.clone() for each in draws)) for draws in given]
            self._scheduled = [_scheduled(run) for run in runs]
            drawing = [run.generator for run in runs if run.objective.adversary is not None]
            self._replay = self._capture(self._kernels(runs), drawing)
        for kept, new in zip(self._inputs, given, strict=True):
            for own, other in zip(kept, new, strict=True):
                own.copy_(other)
        for run, tensors in zip(runs, self._scheduled, strict=True):
            for name, value in run.objective.schedule(run.step).items():
                tensors[name].fill_(value)
        return [each._replace(values=each.values.clone()) for each in self._replay()]

    def _kernels(self, runs: Sequence[RunState]) -> Kernels:
        first, second = self._inputs[0], self._inputs[1] if len(self._inputs) > 1 else None

        def kernels() -> list[StepLosses]:
            for run, tensors in zip(runs, self._scheduled, strict=True):
                run.objective.scheduled = tensors
            try:
                return self._compute(runs, first, second)
            finally:
                for run in runs:
                    run.objective.scheduled = None

        return kernels


def _scheduled(run: RunState) -> dict[str, Tensor]:
    numbers = run.objective.schedule(run.step)
    return {name: torch.full((), each, dtype=torch.float64, device=run.device) for name, each in numbers.items()}


def _beside(kernels: Kernels, device: torch.device) -> list[StepLosses]:
    """Execute ``kernels`` beside the default stream, as a capture will, where there are streams."""
    if device.type != "cuda":
        return kernels()
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    losses = _on(stream, kernels)
    torch.cuda.current_stream(device).wait_stream(stream)
    return losses

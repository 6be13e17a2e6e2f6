"""Networks of several runs computed as one: their weights are stacked, and each layer is one batched operation.

`torch.func.vmap` makes a convolution with a weight for each run a grouped convolution, a linear layer a batched
matrix product.
"""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from training.model.losses import Posterior
from training.runs.run_state import RunState


class StackedModule:
    """Modules of one architecture as one. Their parameters and buffers become views of the stacked ones.

    Parameters
    ----------
    modules : sequence of nn.Module
        On one device. What writes to one of them, as its optimiser does, writes to the stack.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._modules = modules
        self._template = copy.deepcopy(modules[0]).train().to("meta")
        self._parameters, self._buffers = stack_module_state(list(modules))
        with torch.no_grad():
            for name, stacked in (*self._parameters.items(), *self._buffers.items()):
                for module, view in zip(modules, stacked.detach(), strict=True):
                    _tensor(module, name).data = view

    def __call__(self, given: Tensor) -> Any:
        """Apply every module to its entry of ``given`` (modules, batch, ...); results are stacked as ``given`` is."""
        return vmap(self._apply)(self._parameters, self._buffers, given)

    def _apply(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], given: Tensor) -> object:
        return functional_call(self._template, (parameters, buffers), (given,))

    def clear_gradients(self) -> None:
        """Drop the gradients of the stack."""
        for stacked in self._parameters.values():
            stacked.grad = None

    def share_gradients(self) -> None:
        """Set the gradients of the modules' parameters to views of those of the stack."""
        for name, stacked in self._parameters.items():
            if stacked.grad is not None:
                for module, view in zip(self._modules, stacked.grad, strict=True):
                    module.get_parameter(name).grad = view


def _tensor(module: nn.Module, name: str) -> Tensor:
    """Return the parameter or buffer ``name``, dotted."""
    owner, _, own = name.rpartition(".")
    tensor: Tensor = getattr(module.get_submodule(owner), own)
    return tensor


class StackedNetworks:
    """Encoders and decoders of runs as one batched network each.

    Parameters
    ----------
    runs : sequence of RunState
        Of one architecture, image shape, number of latents and device. Until another stack takes some of them, all
        are computed together.
    """

    def __init__(self, runs: Sequence[RunState]) -> None:
        self._encoder = StackedModule([run.model.encoder for run in runs])
        self._decoder = StackedModule([run.model.decoder for run in runs])
        for run in runs:
            _lay_out_moments(run.optimizer)
        amp = runs[0].config.amp
        self._autocast = torch.autocast(runs[0].device.type, dtype=torch.bfloat16, enabled=amp)

    def encode(self, images: Tensor) -> list[Posterior]:
        """Return the posteriors of images (runs, batch, channels, height, width)."""
        with self._autocast:
            mean, logvar = self._encoder(images)
        return [Posterior(*each) for each in zip(mean.float(), logvar.float(), strict=True)]

    def decode(self, latents: Sequence[Tensor]) -> list[Tensor]:
        """Return the logits of the latent points of each run."""
        with self._autocast:
            logits = self._decoder(torch.stack(list(latents)))
        return list(logits.float())

    def backward(self, losses: Sequence[Tensor]) -> None:
        """Set the gradients of all runs; a run's loss depends on its own weights alone."""
        halves = (self._encoder, self._decoder)
        for half in halves:
            half.clear_gradients()
        torch.autograd.backward(list(losses))
        for half in halves:
            half.share_gradients()


def _lay_out_moments(optimizer: torch.optim.Optimizer) -> None:
    """Copy the moments of an optimiser into the memory layout that its parameters have now."""
    for parameter, slots in optimizer.state.items():
        for name, moment in slots.items():
            if moment.shape == parameter.shape and name != "step":
                slots[name] = torch.empty_like(parameter).copy_(moment)

"""State of one run: networks, objective, optimisers, batches and random generator, from which a run resumes."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models_zoo.errors import AxiscopeError, Conflict, InvalidInput
from training.config import build
from training.data.dataset import Dataset
from training.data.split import training_images
from training.model.adam import Adam
from training.model.losses import LIKELIHOODS, LossTerms, TaskSpec
from training.model.objective import Objective
from training.model.vae import VAE, start_bias_at
from training.registry import OBJECTIVES
from training.runs import checkpoint, history
from training.runs.batches import ADVERSARY_STREAM, Batches, to_tensor
from training.runs.environment import configure_gpu, git_revision, pick_device
from training.runs.learning_rate import decay_from, learning_rate
from training.runs.run_config import DEFAULT_LIKELIHOOD, RunConfig, with_later_settings
from training.runs.step_losses import LossLog, NotFinite, StepLosses
from training.runs.weight_average import average_of, update

BIAS_IMAGES = 2_000
RESUMABLE_SETTINGS = {
    *("steps", "stop_at", "device", "threads", "log_every", "checkpoint_every", "film_frames"),
    *("evaluate_every", "evaluate_metrics", "evaluate_images", "keep_best", "patience", "cuda_graphs"),
}
"""Settings that may differ when a run is resumed: none of them changes a step that was done."""


class TrainingStopped(AxiscopeError):
    """Raised when the loss is not finite; the last checkpoint stays."""


class RunState:
    """State of one run.

    Parameters
    ----------
    config : RunConfig
        Resolved settings.
    dataset : Dataset
    begins : bool
        Whether the first weights are used; False where others are loaded, so that their bias needs no images.

    Attributes
    ----------
    rows, held_out : int64 arrays
        Indices of the images to train on and of those held out; together the ``images`` of the run, without those of
        held-out combinations.
    weights : float64 array or None
        Relative probabilities of ``rows``; None where they are equally probable.
    generator : torch.Generator
        Source of the noise of the run, on its device; the weights are drawn before from the same seed.
    step : int
        Steps done.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, *, begins: bool = True) -> None:
        self.config, self.dataset = config, dataset
        self.device = pick_device(config.device)
        on_gpu = self.device.type == "cuda"
        if config.amp and not on_gpu:
            raise InvalidInput("amp: got true on the CPU; allowed: true on CUDA only; leave it out", field="/amp")
        torch.set_num_threads(config.threads)
        if on_gpu:
            configure_gpu(tf32=config.tf32)
        torch.manual_seed(config.seed)
        chosen = training_images(dataset, config.dataset_settings, config.held_out, config.seed, config.images)
        self.rows, self.held_out, self.weights = chosen.rows, chosen.held_out, chosen.weights
        self.batches = Batches(self.rows, config.batch_size, config.seed, weights=self.weights)
        self.adversary_batches = Batches(
            self.rows, config.batch_size, config.seed, ADVERSARY_STREAM, weights=self.weights
        )
        self.model = VAE(config.architecture, dataset.image_shape, config.latents)
        if begins and config.bias_from_data:
            start_bias_at(self.model.decoder, self._mean_image())
        self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = average_of(self.model) if config.ema_decay is not None else None
        self.objective = self._build_objective().to(self.device)
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        if not on_gpu:
            self.generator.set_state(torch.get_rng_state())
        self.objective.generator = self.generator
        adversary = self.objective.adversary
        of_adversary = set(adversary.parameters()) if adversary is not None else set()
        own = [p for module in (self.model, self.objective) for p in module.parameters() if p not in of_adversary]
        rate = torch.tensor(config.learning_rate, device=self.device) if on_gpu else config.learning_rate
        self._rate = config.learning_rate
        self.optimizer = Adam(own, lr=rate, fused=True, capturable=on_gpu)
        self.adversary_optimizer: Adam | None = None
        if adversary is not None:
            settings = self.objective.adversary_optimizer()
            self.adversary_optimizer = Adam(adversary.parameters(), fused=True, capturable=on_gpu, **settings)
        self.step = 0
        self.losses = LossLog()
        self.window = history.Window()
        self.cpu_seconds = 0.0

    def _build_objective(self) -> Objective:
        config = self.config
        plugin = OBJECTIVES.load(config.objective)
        task = TaskSpec(
            dataset_size=len(self.rows),
            latents=config.latents,
            image_shape=self.dataset.image_shape,
            likelihood=LIKELIHOODS[config.likelihood or plugin.Objective.likelihood or DEFAULT_LIKELIHOOD],
        )
        objective: Objective = plugin.Objective(build(plugin.Config, config.objective_settings), task)
        return objective

    def _mean_image(self) -> Tensor:
        indices = Batches(self.rows, BIAS_IMAGES, self.config.seed, weights=self.weights).indices(0)
        return to_tensor(self.dataset.images(indices), torch.device("cpu")).mean(0)

    @property
    def result(self) -> VAE:
        """Model that is evaluated and exported: the average of the weights where there is one."""
        return self.model if self.average is None else self.average

    def set_learning_rate(self) -> None:
        """Set the learning rate of the next step; a tensor on a GPU, which a captured step reads."""
        rate = learning_rate(self.config, self.step)
        if rate != self._rate:
            self._rate, group = rate, self.optimizer.param_groups[0]
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def freeze_adversary(self) -> None:
        """Take the adversary's parameters out of the gradients of the main step."""
        if self.objective.adversary is not None:
            self.objective.adversary.requires_grad_(False)

    def update_adversary(self, latent: Tensor, second: Tensor) -> LossTerms | None:
        """Move the adversary's weights, from points of two independent batches, each (batch, latents)."""
        adversary, optimizer = self.objective.adversary, self.adversary_optimizer
        if adversary is None or optimizer is None:
            return None
        adversary.requires_grad_(True)
        against = self.objective.adversary_loss(latent, second)
        optimizer.zero_grad(set_to_none=True)
        against.total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return against

    def advance(self, losses: StepLosses) -> None:
        """Count a step that was made, log its losses and move the average of the weights."""
        self.losses.add(self.step, losses)
        self.step += 1
        if self.average is not None and self.config.ema_decay is not None:
            update(self.average, self.model, self.config.ema_decay, self.step)

    def read_losses(self) -> None:
        """Wait for the device and add the losses of the last steps to the window of the history.

        Raises
        ------
        TrainingStopped
            When one of them is not finite.
        """
        try:
            self.losses.read_into(self.window)
        except NotFinite as error:
            raise TrainingStopped(
                f"got a loss that is not finite at step {error.step} (part: {', '.join(error.parts)}; learning rate "
                f"{learning_rate(self.config, error.step):g}); allowed: finite numbers; lower the learning rate or "
                "the weight of that part and train again; the last checkpoint stays"
            ) from None

    def snapshot(self) -> checkpoint.Checkpoint:
        """Return the state from which `restore` continues bit for bit.

        Raises
        ------
        TrainingStopped
            When the loss of a step since the last one read is not finite.
        """
        self.read_losses()
        tensors = {f"{checkpoint.MODEL}{name}": value for name, value in self.model.state_dict().items()}
        if self.average is not None:
            tensors |= {f"{checkpoint.AVERAGE}{name}": value for name, value in self.average.state_dict().items()}
        tensors |= {f"objective/{name}": value for name, value in self.objective.state_dict().items()}
        tensors |= checkpoint.optimizer_tensors("optimizer", self.optimizer)
        if self.adversary_optimizer is not None:
            tensors |= checkpoint.optimizer_tensors("adversary_optimizer", self.adversary_optimizer)
        tensors[f"rng/{self.device.type}"] = self.generator.get_state()
        state = {
            "config": self.config.model_dump(mode="json"),
            "window": vars(self.window),
            "cpu_seconds": self.cpu_seconds,
            "git_revision": git_revision(),
        }
        return checkpoint.Checkpoint(self.step, tensors, state)

    def restore(self, saved: checkpoint.Checkpoint) -> None:
        """Continue from ``saved``.

        Raises
        ------
        Conflict
            If it is of a run with other settings; the message names them.
        """
        now = self.config.model_dump(mode="json")
        stored = with_later_settings(saved.state["config"])
        resumable = RESUMABLE_SETTINGS
        steps = min(now["steps"], stored["steps"])
        if saved.step > steps * decay_from(self.config.model_copy(update={"steps": steps})):
            resumable = resumable - {"steps"}  # the learning rate has begun to decay to the end of the other steps
        differing = sorted(key for key in now.keys() | stored.keys() if now.get(key) != stored.get(key))
        if blocking := [key for key in differing if key not in resumable]:
            listed = "; ".join(f"{key}: checkpoint {stored.get(key)!r}, now {now.get(key)!r}" for key in blocking)
            raise Conflict(
                f"got a checkpoint of another run ({listed}); allowed: the settings of the checkpoint; resume with "
                "them, or train again"
            )
        checkpoint.restore_module(checkpoint.MODEL, self.model, saved.tensors)
        if self.average is not None:
            checkpoint.restore_module(checkpoint.AVERAGE, self.average, saved.tensors)
        checkpoint.restore_module("objective/", self.objective, saved.tensors)
        checkpoint.restore_optimizer("optimizer", self.optimizer, saved.tensors)
        if self.adversary_optimizer is not None:
            checkpoint.restore_optimizer("adversary_optimizer", self.adversary_optimizer, saved.tensors)
        if (random := saved.tensors.get(f"rng/{self.device.type}")) is not None:
            self.generator.set_state(random)
        self.step, self.losses = saved.step, LossLog()
        self.window = history.Window(**saved.state["window"])
        self.cpu_seconds = saved.state["cpu_seconds"]

    def load_weights_from(self, weights: Mapping[str, Tensor]) -> None:
        """Load the weights of another run, named as in a checkpoint (``model/...``), and none of its other state.

        Raises
        ------
        Conflict
            If they are of other networks.
        """
        own = {f"{checkpoint.MODEL}{name}": tuple(tensor.shape) for name, tensor in self.model.state_dict().items()}
        given = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        if differing := sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name)):
            name = differing[0]
            raise Conflict(
                f"start_from: got {name} of shape {given.get(name)}; allowed: {own.get(name)}; start from weights of "
                "the same data set, architecture and latents",
                field="/start_from",
            )
        for module in (self.model, self.average):
            if module is not None:
                checkpoint.restore_module(checkpoint.MODEL, module, dict(weights))

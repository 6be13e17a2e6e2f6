"""Training loop of all objectives, with one branch for those that have an adversary."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models_zoo.errors import AxiscopeError, Conflict, InvalidInput
from training.config import build
from training.data.dataset import Dataset
from training.data.split import split
from training.model.losses import LIKELIHOODS, LossTerms, Posterior, TaskSpec, kl_per_latent
from training.model.objective import Objective
from training.model.vae import VAE, start_bias_at
from training.registry import OBJECTIVES
from training.runs import checkpoint, history
from training.runs.batches import ADVERSARY_STREAM, Batches, to_tensor
from training.runs.callbacks import Callback, Observer
from training.runs.environment import git_revision, pick_device
from training.runs.learning_rate import decay_from, learning_rate
from training.runs.run_config import DEFAULT_LIKELIHOOD, RunConfig, with_later_settings, write_run
from training.runs.weight_average import average_of, update

BIAS_IMAGES = 2_000
RESUMABLE_SETTINGS = {
    *("steps", "stop_at", "device", "threads", "log_every", "checkpoint_every", "film_frames"),
    *("evaluate_every", "evaluate_metrics", "evaluate_images", "keep_best", "patience"),
}
"""Settings that may differ when a run is resumed: none of them changes a step that was done."""


class TrainingStopped(AxiscopeError):
    """Raised when the loss is not finite; the last checkpoint stays."""


class Trainer:
    """Trainer of one run in one folder.

    Parameters
    ----------
    config : RunConfig
        Resolved settings.
    out : Path
        Run folder: `run.json`, `history.jsonl`, `checkpoints/`.
    dataset : Dataset

    Attributes
    ----------
    rows, held_out : int64 arrays
        Indices of the images to train on and of those held out; together the ``images`` of the run.
    """

    def __init__(self, config: RunConfig, out: Path, dataset: Dataset) -> None:
        self.config, self.out, self.dataset = config, out, dataset
        self.device = pick_device(config.device)
        if config.amp and self.device.type != "cuda":
            raise InvalidInput("amp: got true on the CPU; allowed: true on CUDA only; leave it out", field="/amp")
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.rows, self.held_out = split(len(dataset), config.held_out, config.seed, config.images)
        self.batches = Batches(self.rows, config.batch_size, config.seed)
        self.adversary_batches = Batches(self.rows, config.batch_size, config.seed, ADVERSARY_STREAM)
        self.model = VAE(config.architecture, dataset.image_shape, config.latents)
        if config.bias_from_data:
            start_bias_at(self.model.decoder, self._mean_image())
        self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = average_of(self.model) if config.ema_decay is not None else None
        self.objective = self._build_objective().to(self.device)
        adversary = self.objective.adversary
        of_adversary = set(adversary.parameters()) if adversary is not None else set()
        own = [p for module in (self.model, self.objective) for p in module.parameters() if p not in of_adversary]
        self.optimizer = torch.optim.Adam(own, lr=config.learning_rate, fused=True)
        self.adversary_optimizer: torch.optim.Adam | None = None
        if adversary is not None:
            settings = self.objective.adversary_optimizer()
            self.adversary_optimizer = torch.optim.Adam(adversary.parameters(), fused=True, **settings)
        self.step = 0
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
        indices = Batches(self.rows, BIAS_IMAGES, self.config.seed).indices(0)
        return to_tensor(self.dataset.images(indices), torch.device("cpu")).mean(0)

    @property
    def result(self) -> VAE:
        """Model that is evaluated and exported: the average of the weights where there is one."""
        return self.model if self.average is None else self.average

    def run_model(self, model: VAE, images: Tensor) -> tuple[Posterior, Tensor, Tensor]:
        """Return posterior, latent point that was decoded, and logits of images (batch, channels, height, width)."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.config.amp):
            posterior = Posterior(*(part.float() for part in model.encode(images)))
            latent = posterior.sample() if self.objective.stochastic else posterior.mean
            return posterior, latent, model.decode(latent).float()

    def train_step(self) -> tuple[LossTerms, Tensor]:
        """Make one optimiser step.

        Returns
        -------
        terms : LossTerms
            Loss and parts, those of the adversary included, nats per image.
        kl : float32 (latents,)
            Batch mean of KL per latent, nats.
        """
        images = to_tensor(self.dataset.images(self.batches.indices(self.step)), self.device)
        posterior, latent, logits = self.run_model(self.model, images)
        adversary = self.objective.adversary
        if adversary is not None:
            adversary.requires_grad_(False)
        terms: LossTerms = self.objective(images, logits, posterior, latent, self.step)
        self._check_finite(terms)
        self.optimizer.param_groups[0]["lr"] = learning_rate(self.config, self.step)
        self.optimizer.zero_grad(set_to_none=True)
        terms.total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if adversary is not None and self.adversary_optimizer is not None:
            adversary.requires_grad_(True)
            against = self.objective.adversary_loss(latent.detach(), self._second_latent())
            self.adversary_optimizer.zero_grad(set_to_none=True)
            against.total.backward()  # type: ignore[no-untyped-call]
            self.adversary_optimizer.step()
            terms = LossTerms(terms.total, {**terms.parts, **against.parts})
            self._check_finite(terms)
        self.step += 1
        if self.average is not None and self.config.ema_decay is not None:
            update(self.average, self.model, self.config.ema_decay, self.step)
        return terms, kl_per_latent(posterior).detach().mean(0)

    @torch.no_grad()
    def _second_latent(self) -> Tensor:
        """Return latent points (batch, latents) of a second, independent batch, by the updated encoder."""
        images = to_tensor(self.dataset.images(self.adversary_batches.indices(self.step)), self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.config.amp):
            posterior = Posterior(*(part.float() for part in self.model.encode(images)))
        return posterior.sample() if self.objective.stochastic else posterior.mean

    def _check_finite(self, terms: LossTerms) -> None:
        if math.isfinite(terms.total.item()) and all(math.isfinite(v.item()) for v in terms.parts.values()):
            return
        bad = [name for name, value in terms.parts.items() if not math.isfinite(value.item())]
        raise TrainingStopped(
            f"the loss is not finite at step {self.step} (part: {', '.join(bad) or 'total'}; learning rate "
            f"{learning_rate(self.config, self.step):g}). The last checkpoint stays; lower the learning rate or the "
            "weight of that part and train again"
        )

    def train(self, observers: Sequence[Observer] = (), callbacks: Sequence[Callback] = ()) -> bool:
        """Train to ``config.last_step``, or until a callback ends the run or an observer requests a stop.

        Returns
        -------
        bool
            True when the run is done, False when an observer requested the stop.

        Raises
        ------
        TrainingStopped
            When the loss is not finite.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        write_run(self.out, self.config)
        history.truncate(self.out, self.step)
        self.model.train()
        ended = [callback.start() for callback in callbacks]
        if any(ended):
            return True
        clock = time.process_time()
        while self.step < self.config.last_step:
            terms, kl = self.train_step()
            parts = {name: value.item() for name, value in terms.parts.items()}
            self.window.add({"total": terms.total.item(), **parts}, kl.tolist())
            ended = [callback.after_step() for callback in callbacks]
            done = any(ended) or self.step == self.config.last_step
            if done or self.step % self.config.log_every == 0:
                self._log(observers)
            stop = any(observer.should_stop() for observer in observers)
            if done or stop or self.step % self.config.checkpoint_every == 0:
                self.cpu_seconds += time.process_time() - clock
                clock = time.process_time()
                self._save(observers)
            if done or stop:
                return done
        return True

    def _log(self, observers: Sequence[Observer]) -> None:
        learned = {name: value.tolist() for name, value in self.objective.learned_weights().items()}
        row = self.window.close(self.step, learned) | {"gradients": self.gradient_norms()}
        history.append(self.out, row)
        for observer in observers:
            observer.on_row(row)

    def gradient_norms(self) -> dict[str, float]:
        """Return the Euclidean norm of the last gradient, per network and for learned weights where there are some."""
        modules = {"encoder": self.model.encoder, "decoder": self.model.decoder, "objective": self.objective}
        norms = {}
        for name, module in modules.items():
            of_adversary = name == "objective" and self.objective.adversary is not None
            gradients = [p.grad for p in module.parameters() if p.grad is not None and not of_adversary]
            if gradients:
                norms[name] = torch.nn.utils.get_total_norm(gradients).item()
        return norms

    def _save(self, observers: Sequence[Observer]) -> None:
        path = checkpoint.path_of(self.out, self.step)
        checkpoint.save(path, self.snapshot())
        checkpoint.prune(self.out)
        for observer in observers:
            observer.on_checkpoint(self.step, path)

    def snapshot(self) -> checkpoint.Checkpoint:
        """Return the state from which `restore` continues bit for bit."""
        tensors = {f"{checkpoint.MODEL}{name}": value for name, value in self.model.state_dict().items()}
        if self.average is not None:
            tensors |= {f"{checkpoint.AVERAGE}{name}": value for name, value in self.average.state_dict().items()}
        tensors |= {f"objective/{name}": value for name, value in self.objective.state_dict().items()}
        tensors |= checkpoint.optimizer_tensors("optimizer", self.optimizer)
        if self.adversary_optimizer is not None:
            tensors |= checkpoint.optimizer_tensors("adversary_optimizer", self.adversary_optimizer)
        tensors["rng/cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["rng/cuda"] = torch.cuda.get_rng_state(self.device)
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
            raise Conflict(f"the checkpoint is of another run ({listed}): resume with its settings, or train again")
        checkpoint.restore_module(checkpoint.MODEL, self.model, saved.tensors)
        if self.average is not None:
            checkpoint.restore_module(checkpoint.AVERAGE, self.average, saved.tensors)
        checkpoint.restore_module("objective/", self.objective, saved.tensors)
        checkpoint.restore_optimizer("optimizer", self.optimizer, saved.tensors)
        if self.adversary_optimizer is not None:
            checkpoint.restore_optimizer("adversary_optimizer", self.adversary_optimizer, saved.tensors)
        torch.set_rng_state(saved.tensors["rng/cpu"])
        if self.device.type == "cuda" and "rng/cuda" in saved.tensors:
            torch.cuda.set_rng_state(saved.tensors["rng/cuda"], self.device)
        self.step = saved.step
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

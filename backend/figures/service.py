"""Service that makes the figures of a model as Plotly documents."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from backend.catalog.opened_datasets import Datasets
from backend.db import metric_results
from backend.figures import association, codes, curves, hinton, inputs, matrices
from backend.models import samples
from backend.models.registry import Registry
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest

MAX_ROWS = 6
Measure = Literal["pearson", "by_kind"]
MATRICES = {"mi": ("mig", "mutual_information"), "sap": ("sap", "matrix")}


@dataclass(frozen=True)
class FigureService:
    """Figures of the models of a registry; each method raises NotFound where the model lacks what it shows."""

    registry: Registry
    datasets: Datasets
    session: Session

    def pcc(
        self, model_id: str, *, measure: Measure = "pearson", signed: bool = False, diagonalise: bool = False
    ) -> JsonObject:
        """Return the heat map of correlations of latents and factors."""
        _, manifest = self.registry.usable(model_id)
        kinds = samples.factor_kinds(self.datasets, manifest)
        suited = self._by_kind(model_id, manifest) if measure == "by_kind" else None
        return matrices.pcc(manifest, kinds, suited=suited, signed=signed, diagonalise=diagonalise)

    def _by_kind(self, model_id: str, manifest: Manifest) -> matrices.Floats:
        sample, known = self._sample(model_id)
        factors = {each.name: each for each in known}
        chosen = [factors[name] for name in manifest.factor_names if name in factors]
        if not chosen or len(chosen) < len(manifest.factor_names):
            raise NotFound(
                f"got the sample of model {model_id!r} without labels of its factors; allowed: samples with labels; "
                "export the model again"
            )
        labels = sample.labels[:, [each.column for each in chosen]]
        return association.by_kind(sample.mean, labels, [each.size for each in chosen], [each.kind for each in chosen])

    def _sample(self, model_id: str) -> tuple[samples.CodeSample, list[samples.SampleFactor]]:
        entry, manifest = self.registry.usable(model_id)
        sample = samples.read(entry)
        return sample, samples.describe_factors(self.datasets, manifest, sample)

    def hinton(self, model_id: str) -> JsonObject:
        """Return the Hinton diagram of the importances of DCI."""
        _, manifest = self.registry.usable(model_id)
        found = metric_results.details(self.session, model_id, "dci", "importance")
        values = inputs.matrix(found, "importance", manifest)
        return hinton.hinton(manifest, found, values, inputs.factor_names(manifest, values.shape[1]))

    def matrix(self, model_id: str, kind: Literal["mi", "sap"]) -> JsonObject:
        """Return the heat map of mutual information or of the matrix of SAP."""
        _, manifest = self.registry.usable(model_id)
        metric, part = MATRICES[kind]
        values = inputs.matrix(metric_results.details(self.session, model_id, metric, part), part, manifest)
        return matrices.matrix_figure(kind, manifest, values, inputs.factor_names(manifest, values.shape[1]))

    def history(self, model_id: str) -> JsonObject:
        """Return the parts of the loss over the steps."""
        entry, manifest = self.registry.usable(model_id)
        return curves.history(manifest.name, inputs.read_history(entry))

    def kl(self, model_id: str, *, over: Literal["latents", "steps"] = "latents") -> JsonObject:
        """Return the KL of each latent: bars of the final model, or curves over the steps."""
        entry, manifest = self.registry.usable(model_id)
        if over == "steps":
            return curves.kl_over_steps(manifest, inputs.read_history(entry))
        return curves.kl_bars(manifest.name, manifest.statistics)

    def scatter(
        self, model_id: str, *, x: int | None = None, y: int | None = None, colour: str | None = None, limit: int = 2000
    ) -> JsonObject:
        """Return the codes of images along two latents, coloured by a factor."""
        _, manifest = self.registry.usable(model_id)
        default = inputs.by_kl(manifest, 2)
        chosen = [default[0] if x is None else x, default[-1] if y is None else y]
        across, upward = inputs.latents(",".join(map(str, chosen)), manifest, default, "query/x")
        sample, factors = self._sample(model_id)
        by = None if colour is None else inputs.factor(colour, [each.name for each in factors], "query/colour")
        return codes.scatter(manifest.name, sample.first(limit), factors, x=across, y=upward, colour=by)

    def tuning(
        self, model_id: str, *, latents: str | None = None, factors: str | None = None, points: bool = False
    ) -> JsonObject:
        """Return small charts of latents over factors; both are given joined by commas."""
        _, manifest = self.registry.usable(model_id)
        sample, known = self._sample(model_id)
        rows = inputs.latents(latents, manifest, inputs.by_kl(manifest, MAX_ROWS), "query/latents")
        columns = [known[k] for k in inputs.factors(factors, [each.name for each in known], "query/factors")]
        return codes.tuning(manifest.name, sample, rows, columns, points=points)

"""Names of the reference library, disentanglement_lib (Locatello et al. 2019), in tables of its results.

`aggregate_results_to_json` gives one row for each evaluation of each model; its columns have the prefixes below.
"""

PREFIXES = (
    "train_config.",
    "train_results.",
    "postprocess_config.",
    "postprocess_results.",
    "evaluation_config.",
    "evaluation_results.",
)
"""Columns with these prefixes that are not named below hold nothing that a study reads."""

GROUP, DATASET, SEED, STEPS = "group", "dataset", "seed", "steps"
COLUMNS = {
    "train_config.model.name": GROUP,
    "train_config.dataset.name": DATASET,
    "train_config.model.random_seed": SEED,
    "train_config.model.training_steps": STEPS,
    "train_config.vae.beta": "beta",
    "train_config.beta_tc_vae.beta": "beta",
    "train_config.factor_vae.gamma": "gamma",
    "train_config.annealed_vae.c_max": "c_max",
    "train_config.dip_vae.lambda_od": "l_od",
    "train_results.reconstruction_loss": "reconstruction",
    "train_results.kl_loss": "kl",
    "evaluation_results.discrete_mig": "mig",
    "evaluation_results.SAP_score": "sap",
    "evaluation_results.disentanglement": "dci",
    "evaluation_results.completeness": "dci.completeness",
    "evaluation_results.informativeness_test": "dci.informativeness",
    "evaluation_results.modularity_score": "modularity",
    "evaluation_results.explicitness_score_test": "explicitness",
    "evaluation_results.IRS": "irs",
}
EVALUATION = "evaluation_config.evaluation.evaluation_fn"
ACCURACY = "evaluation_results.eval_accuracy"
"""Column of two metrics, which `EVALUATION` distinguishes."""
ACCURACY_OF = {"@beta_vae_sklearn": "beta_vae", "@factor_vae_score": "factor_vae"}
REPRESENTATION = "postprocess_config.postprocess.postprocess_fn"
MEAN = "@mean_representation"
"""Rows of sampled codes are passed over: scores here are of posterior means."""

OBJECTIVES = {"beta_tc_vae": "beta_tcvae"}
DATASETS = {"dsprites_full": "dsprites"}

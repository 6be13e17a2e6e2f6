"""Published figures in the definitions of the studies, against the tables of the sources."""

import pytest

from training.registry import METRICS
from training.studies.study import names, read_study


@pytest.mark.parametrize(
    ("study", "group", "varied", "values"),
    [
        ("xu-li-3dshapes", "beta 15", {"seed": 0}, {"fid": 0.1135, "mig": 0.409}),
        ("de-nardin-beta-gamma", "beta", {"dataset": "dsprites", "beta": 64}, {"reconstruction": 251.2, "kl": 2.71}),
        ("de-nardin-beta-gamma", "beta", {"dataset": "mpi3d_toy", "beta": 8}, {"reconstruction": 76.36, "kl": 9.64}),
        (
            "de-nardin-beta-gamma",
            "gamma",
            {"dataset": "dsprites", "gamma": 64},
            {"reconstruction": 56.28, "kl": 16.29, "tc": -0.2, "d_z": 0.45, "d_z_perm": 0.43},
        ),
        (
            "learnable-vaes",
            "mdL-VAE weak",
            {"dataset": "mpi3d_complex", "batch_size": 64},
            {"reconstruction": 8.8, "cbd": 0.23, "cbd.modularity": 0.24, "factor_vae": 0.53, "sap": None},
        ),
        ("learnable-vaes", "L-VAE", {"dataset": "falcor3d"}, {"beta_hat": 1.9, "mig_sup": 0.17, "sap": 0.12}),
        (
            "learnable-vaes",
            "beta-VAE, beta_hat",
            {"dataset": "isaac3d"},
            {"cbd": 0.41, "explicitness.normalised": 0.58},
        ),
        ("learnable-vaes", "mdL-VAE v3", {"dataset": "dsprites"}, {"reconstruction": 36.13, "beta_vae": 0.87}),
    ],
)
def test_the_figures_of_the_source_stand_beside_a_configuration(study, group, varied, values):
    found = read_study(study).published_for(group, varied)
    assert {name: found.get(name) for name in values} == values


def test_every_weight_of_the_validation_losses_is_published_for_both_data_sets():
    study = read_study("de-nardin-beta-gamma")
    assert len(study.published) == len(study.runs) == 28
    assert all(study.published_for(run.group, run.varied) for run in study.runs)


def test_published_rows_name_groups_settings_and_measures_that_exist():
    losses = {"reconstruction", "kl", "tc", "d_z", "d_z_perm", "beta_hat"}
    for name in names():
        study = read_study(name)
        for row in study.published:
            of_group = [run for run in study.runs if run.group == row.group]
            assert any(row.where.items() <= run.varied.items() for run in of_group), row
            for measure in row.values:
                assert measure in losses or measure.partition(".")[0] in METRICS.names(), row


def test_the_three_selections_of_the_tuning_grid_have_their_tables():
    study = read_study("learnable-vaes")
    assert study.selection is not None
    assert {row.selected_by for row in study.published} == {*study.selection.by, ""}
    tables = {row.table: row.selected_by for row in study.published if row.selected_by}
    assert tables == {"6.1, 7.1": "cbd", "7.2": "cbd.modularity", "7.3": "cbd.compactness", "7.4": "cbd"}

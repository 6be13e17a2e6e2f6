import ast
import itertools
from pathlib import Path

from training.studies.grid import axis_values, place, point, size

GRID = {"objective_settings.beta": [1, 4], "seed": [0, 1, 2], "latents": [10]}


def test_positions_are_the_product_with_the_last_name_fastest():
    expected = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    assert [point(GRID, position) for position in range(size(GRID))] == expected
    assert size(GRID) == len(expected) == 6
    assert list(point(GRID, 4)) == list(GRID)


def test_a_position_far_out_needs_no_product():
    huge = {f"axis {k}": range(1000) for k in range(6)}
    assert size(huge) == 10**18
    assert point(huge, 123_456)["axis 5"] == 456


def test_a_grid_without_names_has_one_position():
    assert size({}) == 1
    assert point({}, 0) == {}


def test_a_dot_leads_into_nested_settings_and_the_base_stays_as_it_is():
    base = {"seed": 7, "objective_settings": {"gamma": 2}}
    assert place(base, {"seed": 1, "objective_settings.beta": 4}) == {
        "seed": 1,
        "objective_settings": {"gamma": 2, "beta": 4},
    }
    assert base == {"seed": 7, "objective_settings": {"gamma": 2}}


def test_sweeps_expand_by_the_functions_of_studies():
    tree = ast.parse((Path(__file__).parents[3] / "backend/jobs/queue/submit.py").read_text())
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert "training.studies.grid" in froms
    assert not defined & {"size", "point", "points", "place", "_combinations"}


def test_an_axis_is_shortened_or_continued_to_a_number_of_values():
    assert axis_values([0, 1000, 2000], 2) == [0, 1000]
    assert axis_values([0, 1000, 2000], 5) == [0, 1000, 2000, 3000, 4000]
    assert axis_values([7], 3) == [7, 8, 9]
    assert axis_values({"first": 0, "count": 50}, 2) == [0, 1]
    assert axis_values(4) == [4]
    assert axis_values([1, 2]) == [1, 2]

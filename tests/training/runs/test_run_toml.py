"""What is written as TOML reads back as the same values."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from training.runs.run_toml import run_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_every_run_reads_back_as_itself(run):
    assert tomllib.loads(run_toml(run)) == {"run": run}


@given(PLAIN | st.lists(PLAIN, max_size=4))
def test_numbers_keep_their_kind_and_their_last_bit(value):
    read = tomllib.loads(run_toml({"value": value}))["run"]["value"]
    assert repr(read) == repr(value)


def test_no_value_is_left_out_and_a_comment_stays_a_comment():
    text = run_toml({"steps": 5, "patience": None, "objective_settings": {}}, note="first\nsecond")
    assert tomllib.loads(text) == {"run": {"steps": 5, "objective_settings": {}}}
    assert "# first\n# second\n" in text


def test_no_value_of_a_nested_setting_is_left_out():
    text = run_toml({"objective_settings": {"beta": 4.0, "warmup": None}})
    assert tomllib.loads(text) == {"run": {"objective_settings": {"beta": 4.0}}}

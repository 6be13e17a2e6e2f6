from pathlib import Path

import pytest

from tests.training.mpi3d_cases import check_grid, check_missing, check_order
from training.datasets import mpi3d_real


def test_the_flat_file_is_a_grid_with_the_first_factor_slowest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    check_order(mpi3d_real, tmp_path, monkeypatch)


def test_the_number_of_images_tells_the_grid(tmp_path: Path):
    check_grid(mpi3d_real, tmp_path, (6, 6), 1_036_800)


def test_a_missing_file_says_what_to_put_where(tmp_path: Path):
    check_missing(mpi3d_real, tmp_path)

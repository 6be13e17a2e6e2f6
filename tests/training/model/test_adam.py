"""Adam without the compiler is torch's Adam."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.model.adam import Adam

ROOT = Path(__file__).parents[3]


def trained(optimizer_class, *, fused: bool):
    """Weights and state after six steps, with a reload of the state in between."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    optimizer = optimizer_class(net.parameters(), lr=1e-2, fused=fused)
    for step in range(6):
        if step == 3:
            state = optimizer.state_dict()
            optimizer = optimizer_class(net.parameters(), fused=fused)
            optimizer.load_state_dict(state)
        optimizer.zero_grad()
        net(torch.randn(4, 5)).square().sum().backward()
        optimizer.step()
    return [*net.parameters(), *(value for slots in optimizer.state.values() for value in slots.values())]


@pytest.mark.parametrize("fused", [True, False])
def test_weights_and_moments_are_those_of_torch(fused):
    actual, expected = (trained(kind, fused=fused) for kind in (Adam, torch.optim.Adam))
    assert len(actual) == 4 + 4 * 3
    assert all(torch.equal(*pair) for pair in zip(actual, expected, strict=True))


def test_a_process_that_trains_does_not_import_the_compiler(tmp_path):
    options = "--dataset dsprites --objective factor_vae --architecture conv64 --latents 2 --batch-size 2 --steps 2"
    code = (
        "import sys\nfrom training.cli import app\n"
        f"app({['train', *options.split(), '--out', str(tmp_path)]!r}, standalone_mode=False)\n"
        "print([name for name in sys.modules if name in ('torch', 'torch._dynamo')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["['torch']"], done.stderr

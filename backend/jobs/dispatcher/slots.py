"""Slots of a machine: CPUs are counted, GPUs have numbers and may be shared."""

import math
import os
import shutil
import subprocess

from backend.jobs.records import Capacity

_EPSILON = 1e-9


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs of this machine; 0 without the tool nvidia-smi."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    listing = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)  # noqa: S603
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


class Slots:
    """Slots of a machine and the units that hold them.

    Parameters
    ----------
    cpus : float
        CPU slots; 0 takes one for each core.
    gpus : int
        GPUs; -1 takes all of the machine.
    """

    def __init__(self, cpus: float = 0, gpus: int = -1) -> None:
        self.cpus = cpus or float(os.cpu_count() or 1)
        self.gpus = count_gpus() if gpus < 0 else gpus
        self._taken: dict[str, tuple[float, dict[int, float]]] = {}

    def _free_gpus(self) -> dict[int, float]:
        free = dict.fromkeys(range(self.gpus), 1.0)
        for _, shares in self._taken.values():
            for number, share in shares.items():
                free[number] = free.get(number, 1.0) - share
        return free

    def free(self) -> Capacity:
        """Return the free slots. A share of a GPU must fit on one, so the largest rest counts."""
        cpus = self.cpus - sum(cpus for cpus, _ in self._taken.values())
        rests = self._free_gpus().values()
        whole = sum(rest >= 1 - _EPSILON for rest in rests)
        gpus = float(whole) if whole else max(rests, default=0.0)
        return Capacity(cpus, gpus, math.ceil(cpus - _EPSILON))

    def take(self, name: str, cpus: float, gpus: float) -> str:
        """Reserve slots for ``name`` and return the numbers of its GPUs, as in CUDA_VISIBLE_DEVICES."""
        free = self._free_gpus()
        shares: dict[int, float] = {}
        if 0 < gpus < 1:
            fitting = [number for number, rest in free.items() if rest + _EPSILON >= gpus]
            shares = {min(fitting, key=free.__getitem__): gpus} if fitting else {}
        elif gpus >= 1:
            whole = [number for number, rest in free.items() if rest >= 1 - _EPSILON]
            shares = dict.fromkeys(whole[: round(gpus)], 1.0)
        self._taken[name] = (cpus, shares)
        return ",".join(map(str, shares))

    def retake(self, name: str, cpus: float, gpus: float, device: str) -> None:
        """Record that ``name`` already holds the GPUs ``device``."""
        numbers = [int(number) for number in device.split(",") if number.isdigit()]
        self._taken[name] = (cpus, dict.fromkeys(numbers, min(gpus, 1.0)))

    def release(self, name: str) -> None:
        """Free the slots of ``name``."""
        self._taken.pop(name, None)

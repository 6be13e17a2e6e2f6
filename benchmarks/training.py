"""Training: images per CPU second against pythae and plain loops, and the cost of loading, memory and layers.

Every loop trains a VAE of 10 latents on dSprites in batches of 64, fp32, on one thread, in its own process. The loops
take turns; the figure is the median of the rounds. pythae is optional:
`pip install --no-deps pythae imageio tqdm`.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys

from benchmarks.table import Row

ROUNDS = 2
LOOPS = {
    "axiscope": "Axiscope's trainer, conv64",
    "pythae": "pythae's trainer, the same network",
    "plain": "plain loop, the same network",
    "disvae": "loop in the manner of disentangling-vae, the same network",
    "axiscope_mlp1200": "Axiscope's trainer, mlp1200",
    "plain_mlp1200": "plain loop, mlp1200",
    "axiscope_factor_vae": "Axiscope's trainer, conv64, factor_vae",
}


def in_own_process(loop: str) -> dict[str, float]:
    """Return the figures of one loop, run in a fresh process of one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "benchmarks.training_loops", loop]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    sys.stderr.write(f"{loop}: {figures}\n")
    return figures


def run() -> list[Row]:
    loops = [name for name in LOOPS if name != "pythae" or importlib.util.find_spec("pythae")]
    if "pythae" not in loops:
        sys.stderr.write("pythae is not installed, its row is left out: pip install --no-deps pythae imageio tqdm\n")
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in [*loops, "ceiling"]}
    for _ in range(ROUNDS):
        for name, rounds in figures.items():
            rounds.append(in_own_process(name))
    speed = {name: statistics.median(one["rate"] for one in rounds) for name, rounds in figures.items()}

    def row(name: str, against: str = "", reach: str = "") -> Row:
        ratio = speed[name] / speed[against] if against else None
        return Row(LOOPS[name], speed[name], "images/CPU-s", LOOPS.get(against, ""), ratio, reach)

    rows = [row(name) for name in ("pythae", "plain", "disvae") if name in loops]
    goals = {"pythae": ">= 1.3", "plain": "", "disvae": ">= 1.2"}
    rows += [row("axiscope", against, goals[against]) for against in goals if against in loops]
    rows += [row("axiscope_mlp1200", "plain_mlp1200", ""), row("axiscope_factor_vae", "axiscope", "")]
    share = speed["axiscope"] / speed["ceiling"]
    rows.append(Row("every layer alone at its best", speed["ceiling"], "images/CPU-s"))
    rows.append(Row("share of that which the trainer reaches", 100 * share, "%", reach=">= 80"))
    loading = statistics.median(one["loading"] for one in figures["axiscope"])
    rows.append(Row("loading, of a step of conv64", 100 * loading, "%", reach="<= 1.5"))
    held = in_own_process("memory")
    rows.append(Row("memory for all of dSprites, from the second epoch on", held["mib"], "MiB", reach="<= 500"))
    rows.append(Row("all of dSprites drawn and read once", held["seconds"], "CPU-s", reach="<= 10"))
    return rows

"""Scenarios on a real Ray cluster, run inside a network namespace that has a loopback device only.

`python -m tests.jobs.cluster SCENARIO HOME` prints one JSON document. Ray rewrites 127.0.0.1 to
the machine's outer address where there is one, so the namespace is what keeps two "machines" on one host apart from
the network; ports stay out of 10002 to 19999, which its workers use.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backend.jobs import processes
from backend.jobs.queue import dispatchers, events
from tests.jobs.programs import LONG, ROOT, SECONDS, Bench, environment, weights

PORT = 6400
RAY = Path(sys.executable).with_name("ray")


class Cluster:
    """A head and further nodes, each a `ray start --block` of its own session."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.nodes: dict[str, subprocess.Popen[bytes]] = {}
        self.folders: list[str] = []

    def start(self, name: str, *options: str) -> None:
        """Start a node and keep its log."""
        env = {**environment(self.home), "RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "300"}
        command = [str(RAY), "start", "--block", "--node-ip-address=127.0.0.1", "--object-store-memory=80000000"]
        command += ["--disable-usage-stats", *options]
        with (self.home / f"ray-{name}.log").open("ab") as log:
            self.nodes[name] = subprocess.Popen(
                command, env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def head(self, cpus: int) -> None:
        """Start a head without traces of an earlier one, which Ray would find in a shared folder."""
        self.folders.append(tempfile.mkdtemp(prefix="ray-"))  # short: names of sockets have at most 107 characters
        place = f"--temp-dir={self.folders[-1]}"
        self.start("head", "--head", f"--port={PORT}", place, "--include-dashboard=false", f"--num-cpus={cpus}")

    def worker(self, name: str, cpus: int) -> None:
        """Start a further node."""
        self.start(name, f"--address=127.0.0.1:{PORT}", f"--num-cpus={cpus}")

    def lose(self, name: str) -> None:
        """Kill every process of a node at once."""
        node = self.nodes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(node.pid, signal.SIGKILL)
        node.wait(10)

    def close(self) -> None:
        """End all nodes."""
        for name in list(self.nodes):
            self.lose(name)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def dispatcher(bench: Bench):
    """Start the dispatcher of the cluster, which restarts itself."""
    return bench.dispatcher("cluster", runner="ray", ray_address=f"127.0.0.1:{PORT}", lease_seconds=30)


def driver(bench: Bench, other_than: int = 0):
    """Return the process that holds the scope and is connected."""

    def found():
        rows = [row for row in dispatchers.list_dispatchers(bench.database) if row["capacity"]]
        return next((row for row in rows if row["pid"] != other_than), None)

    row = bench.wait(found, what="a dispatcher that is connected to the cluster")
    return processes.ProcessIdentity(row["pid"], row["pid_started"], row["boot"])


def worker_killed(bench: Bench, cluster: Cluster):
    """kill -9 of the actor's process."""
    cluster.head(2)
    dispatcher(bench)
    job_id = bench.add(**SECONDS)
    bench.wait_step(job_id, 20)
    bench.signal_trainer(job_id, signal.SIGKILL)
    return job_id


def dispatcher_killed(bench: Bench, cluster: Cluster):
    """kill -9 of the dispatcher: it is restarted, and adopts the running actor by name."""
    cluster.head(2)
    dispatcher(bench)
    job_id = bench.add(**SECONDS)
    bench.wait_step(job_id, 10)
    who = driver(bench)
    os.kill(who.pid, signal.SIGKILL)
    driver(bench, other_than=who.pid)
    return job_id


def node_lost(bench: Bench, cluster: Cluster):
    """The node that runs the job goes; another one comes."""
    cluster.head(0)
    cluster.worker("first", 1)
    dispatcher(bench)
    job_id = bench.add(**SECONDS)
    bench.wait_step(job_id, 20)
    cluster.lose("first")
    cluster.worker("second", 1)
    return job_id


def head_late(bench: Bench, cluster: Cluster):
    """The dispatcher starts before the head: it waits, logs that, and then works."""
    program = dispatcher(bench)
    job_id = bench.add(**SECONDS)
    message = "engine does not answer, nothing is claimed until it does"
    bench.wait(lambda: message in program.log.read_text(), what="a message about the missing head")
    time.sleep(5)
    assert (bench.job(job_id)["state"], program.process.poll()) == ("queued", None), bench.report()
    cluster.head(2)
    return job_id


def head_lost(bench: Bench, cluster: Cluster):
    """The head goes for 20 s and comes back empty; the node with the trainer is restarted when it ends."""
    cluster.head(0)
    cluster.worker("first", 1)
    dispatcher(bench)
    job_id = bench.add(**LONG)
    bench.wait_step(job_id, 50)
    cluster.lose("head")
    time.sleep(20)
    cluster.head(0)
    bench.wait(lambda: cluster.nodes["first"].poll() is not None, what="the end of the node without a head")
    cluster.worker("first", 1)
    return job_id


SCENARIOS = {act.__name__: act for act in (worker_killed, dispatcher_killed, node_lost, head_late, head_lost)}


def main(name: str, home: Path) -> None:
    """Run one scenario and print its report."""
    bench, cluster = Bench(home), Cluster(home)
    bench.database.migrate()
    try:
        job_id = SCENARIOS[name](bench, cluster)
        job = bench.wait_state(job_id, "succeeded", "failed")
        kinds = [event["kind"] for event in events.events_after(bench.database, job_id, 0)[0]]
        report = {"state": job["state"], "attempt": job["attempt"], "error": job["error"], "faults": job["faults"]}
        report |= {
            "losses": job["losses"],
            "resumed_at": job["attempts"][-1]["first_step"],
            "successes": kinds.count("succeeded"),
            "steps": job["steps"],
        }
        report["weights"] = weights(bench.home, job).hex() if job["state"] == "succeeded" else ""
        sys.stdout.write(json.dumps(report) + "\n")
    finally:
        bench.close()
        cluster.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

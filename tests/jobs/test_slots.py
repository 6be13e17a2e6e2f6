"""GPUs of a machine, from a program that answers as nvidia-smi does, and the slots on them."""

from backend.jobs.dispatcher.local_runner import Slots, gpu_memory

SMI = """#!/bin/sh
[ "$*" = "--query-gpu=memory.total --format=csv,noheader,nounits" ] && printf '81559\\n24576\\n'
"""


def test_the_memory_of_each_gpu_is_read_and_the_smallest_counts(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text(SMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert gpu_memory() == [81_559 * 2**20, 24_576 * 2**20]
    slots = Slots(8)
    assert (slots.gpus, slots.gpu_bytes) == (2, 24_576 * 2**20)


def test_a_machine_without_the_tool_has_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_memory() == []
    assert (Slots(1).gpus, Slots(1).gpu_bytes) == (0, 0)


def test_packs_share_a_gpu_until_it_is_full():
    slots = Slots(16, 2)
    taken = [slots.take(f"pack {number}", 1, 0.4) for number in range(4)]
    assert sorted(taken) == ["0", "0", "1", "1"]
    assert slots.free().gpus < 0.4

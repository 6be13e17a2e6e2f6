"""The memory that model runs on the CPU share: bounded for all of them together, and given back.

Docs: https://onnxruntime.ai/docs/get-started/with-c.html#features (shared allocators, arena shrinkage). What was
measured with the pinned version stands in docs/performance.md.
"""

import logging

import numpy as np
import onnxruntime

from models_zoo.codec import SHARED_ARENA

SAME_AS_REQUESTED = 1
"""ONNX Runtime's extension strategy without rounding up to powers of two, which would waste half of a bound."""
SHRINK = ("memory.enable_memory_arena_shrinkage", "cpu:0")
IDENTITY = bytes.fromhex(
    "080812003a390a100a017812017922084964656e746974791201675a100a0178120b0a09080112050a0312016e62100a0179120b0a09080112050a0312016e42040a001011"
)
"""ONNX graph y = x of a float vector; written out, since the service does not load the onnx package."""
log = logging.getLogger("axiscope")


class Arena:
    """The arena that all sessions opened with `SHARED_ARENA` take the memory of their runs from.

    The arena belongs to the process: the newest object sets its bound.

    Parameters
    ----------
    limit_bytes : int
        Bytes that all runs together may hold at once.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        info = onnxruntime.OrtMemoryInfo(
            "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
        )
        bounds = onnxruntime.OrtArenaCfg({"max_mem": limit_bytes, "arena_extend_strategy": SAME_AS_REQUESTED})
        onnxruntime.create_and_register_allocator(info, bounds)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        for name, value in SHARED_ARENA.items():
            options.add_session_config_entry(name, value)
        self._session = onnxruntime.InferenceSession(IDENTITY, options, providers=["CPUExecutionProvider"])
        self._shrink = onnxruntime.RunOptions()
        self._shrink.add_run_config_entry(*SHRINK)
        self._session.run(
            ["y"], {"x": np.zeros(1, np.float32)}
        )  # the first region, which is never given back, is small

    def give_back(self) -> None:
        """Return to the system what no run holds: shrinking is a part of a run, so an empty one is made."""
        self._session.run(["y"], {"x": np.zeros(0, np.float32)}, self._shrink)

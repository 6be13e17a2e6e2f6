"""Loaded models, and the memory that their runs on the CPU share.

Both are bounded: a cache of codecs by the bytes of the model files, an arena by the bytes of all runs together. What
was measured with the pinned version of ONNX Runtime stands in docs/performance.md.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

from models_zoo.codec import IDENTITY, SHARED_ARENA, Codec

Key = tuple[str, str]
SAME_AS_REQUESTED = 1
"""ONNX Runtime's extension strategy without rounding up to powers of two, which would waste half of a bound."""
SHRINK = ("memory.enable_memory_arena_shrinkage", "cpu:0")


class Arena:
    """Memory arena of all sessions opened with `SHARED_ARENA`.

    The arena belongs to the process: the newest object sets its bound.
    Source: https://onnxruntime.ai/docs/get-started/with-c.html#features (shared allocators, arena shrinkage).

    Parameters
    ----------
    limit_bytes : int
        Bytes that all runs together may hold at once.
    """

    def __init__(self, limit_bytes: int) -> None:
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
        # The first region is never released: allocate it for one number, so that it stays small.
        self._session.run(["y"], {"x": np.zeros(1, np.float32)})

    def release(self) -> None:
        """Return unused memory to the system, by an empty run, because only a run can shrink the arena."""
        self._session.run(["y"], {"x": np.zeros(0, np.float32)}, self._shrink)


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    codec: Codec | None = None


class CodecCache:
    """Cache of codecs by model id and version, bounded by bytes; the least recently used is dropped first.

    Parameters
    ----------
    limit_bytes : int
        Bytes of model files kept; the newest stays even if it alone is larger.
    device : {"auto", "cpu", "cuda"}
        Where the models run.
    """

    def __init__(self, limit_bytes: int, device: str = "auto") -> None:
        self._limit_bytes = limit_bytes
        self._device = device
        self._lock = threading.Lock()
        self._slots: OrderedDict[Key, _Slot] = OrderedDict()

    def peek(self, key: Key) -> Codec | None:
        """Return the codec of ``key`` if it is loaded; reads no file."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None or slot.codec is None:
                return None
            self._slots.move_to_end(key)
            return slot.codec

    def get(self, key: Key, folder: Path) -> Codec:
        """Return the codec of ``key``, loaded from ``folder`` at the first call; calls of one key share one load.

        Raises
        ------
        DamagedFile
            If ONNX Runtime cannot load the graphs; the next call tries again.
        """
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
        with slot.lock:
            if slot.codec is None:
                try:
                    slot.codec = Codec(folder, device=self._device, settings=SHARED_ARENA)
                except Exception:
                    with self._lock:
                        self._slots.pop(key, None)
                    raise
                self._drop_oldest(key)
            return slot.codec

    def _drop_oldest(self, newest: Key) -> None:
        with self._lock:
            loaded = [(key, slot.codec.bytes) for key, slot in self._slots.items() if slot.codec]
            total = sum(size for _, size in loaded)
            for key, size in loaded:
                if total <= self._limit_bytes:
                    break
                if key != newest:
                    del self._slots[key]
                    total -= size

    @property
    def bytes(self) -> int:
        """Bytes of the loaded model files."""
        with self._lock:
            return sum(slot.codec.bytes for slot in self._slots.values() if slot.codec)

    def __len__(self) -> int:
        """Return the number of loaded codecs."""
        with self._lock:
            return sum(slot.codec is not None for slot in self._slots.values())

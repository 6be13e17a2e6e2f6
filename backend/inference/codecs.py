"""Loaded models: a cache bounded by bytes that forgets the least recently used."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from models_zoo.codec import SHARED_ARENA, Codec

Key = tuple[str, str]


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    codec: Codec | None = None


class CodecCache:
    """Codecs by (model id, version).

    Parameters
    ----------
    limit_bytes : int
        Bytes of model files kept; the one in use stays even if it alone is larger.
    device : {"auto", "cpu", "cuda"}
        Where the models run.

    The memory of their runs comes from `backend.inference.arena`.
    """

    def __init__(self, limit_bytes: int, device: str = "auto") -> None:
        self._limit_bytes = limit_bytes
        self._device = device
        self._lock = threading.Lock()
        self._slots: OrderedDict[Key, _Slot] = OrderedDict()

    def peek(self, key: Key) -> Codec | None:
        """Codec of ``key`` if it is loaded already; never waits for a file."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None or slot.codec is None:
                return None
            self._slots.move_to_end(key)
            return slot.codec

    def get(self, key: Key, folder: Path) -> Codec:
        """Codec of ``key``, loaded from ``folder`` at the first call; callers of one key wait for one load.

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
                self._forget_oldest(key)
            return slot.codec

    def _forget_oldest(self, newest: Key) -> None:
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
        """Count the loaded codecs."""
        with self._lock:
            return sum(slot.codec is not None for slot in self._slots.values())

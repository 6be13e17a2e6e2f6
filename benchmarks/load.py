"""Load generator of one thread and one epoll, with requests prepared beforehand; its CPU time is measured too."""

import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

RECEIVE_BYTES = 1 << 18
LENGTH = b"content-length: "


def request(method: str, path: str, host: str, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of an HTTP/1.1 request that keeps the connection."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass
class Load:
    """Figures of a run of the generator.

    Parameters
    ----------
    seconds : float
        Wall time between the first request and the last answer.
    cpu_seconds : float
        CPU time of the generator.
    durations : list of float
        Seconds from sending each request to the last byte of its answer.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    durations: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.durations) / self.seconds

    def milliseconds(self, share: float) -> float:
        """Return the duration that ``share`` of the requests stay below."""
        return float(np.quantile(self.durations, share)) * 1000

    def add(self, other: "Load") -> None:
        """Add the figures of another run."""
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.durations += other.durations


@dataclass
class _Client:
    socket: socket.socket
    began: float = 0.0
    missing: int = 0


def _length(answer: bytes) -> int:
    """Return the length of a whole answer from its first piece; an answer other than 200 ends the run."""
    if answer[9:12] != b"200":
        raise RuntimeError(answer.decode("latin-1"))
    end = answer.index(b"\r\n\r\n") + 4
    start = answer.index(LENGTH) + len(LENGTH)
    return end + int(answer[start : answer.index(b"\r", start)])


def drive(address: tuple[str, int], requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Send ``requests`` in turn over ``clients`` connections, each the next one when it has its answer."""
    load, sent, epoll = Load(), 0, select.epoll()
    connected = {}
    for _ in range(clients):
        client = _Client(socket.create_connection(address))
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        epoll.register(client.socket.fileno(), select.EPOLLIN)
        connected[client.socket.fileno()] = client
    cpu, began = time.process_time(), time.perf_counter()
    for client in connected.values():
        client.began = time.perf_counter()
        client.socket.sendall(requests[sent % len(requests)])
        sent += 1
    while (now := time.perf_counter()) - began < seconds:
        for number, _ in epoll.poll(1):
            client = connected[number]
            piece = client.socket.recv(RECEIVE_BYTES)
            client.missing = (client.missing or _length(piece)) - len(piece)
            if client.missing == 0:
                now = time.perf_counter()
                load.durations.append(now - client.began)
                client.began = now
                client.socket.sendall(requests[sent % len(requests)])
                sent += 1
    load.seconds, load.cpu_seconds = now - began, time.process_time() - cpu
    for client in connected.values():
        client.socket.close()
    epoll.close()
    return load

"""Clients of the service: one that blocks and one for asyncio, with the same operations."""

import asyncio
import functools
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, NamedTuple, ParamSpec, Self, TypeVar, overload

import httpx

from axiscope import jobs as _jobs
from axiscope import models as _models
from axiscope.calls import Call, Operation
from axiscope.errors import ServiceError
from backend.schemas.jobs import Job
from models_zoo.errors import Unavailable
from models_zoo.json_types import JsonObject

P = ParamSpec("P")
T = TypeVar("T")
ADDRESS = "http://127.0.0.1:8000"
SECONDS = 120.0
"""Longest silence of the service before a request is given up; it sends a ping into event streams every 15 s."""


class JobEvent(NamedTuple):
    """One event of a job."""

    seq: int
    kind: str
    at: datetime
    attempt: int
    step: int | None
    data: JsonObject


def _event(line: str) -> JobEvent | None:
    """Return the event of a line of a stream; None for other lines and for the empty data of ``done``."""
    name, _, text = line.partition(":")
    document = json.loads(text) if name == "data" else {}
    if not document:
        return None
    at = datetime.fromisoformat(document.pop("at"))
    known = {name: document.pop(name) for name in ("seq", "kind", "attempt", "step")}
    return JobEvent(at=at, data=document, **known)


def _check(response: httpx.Response) -> httpx.Response:
    """Return a response that is no refusal."""
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {
            "detail": f"got status {response.status_code} and no document from {response.url}; allowed: answers of an "
            "Axiscope service; check the address"
        }
    raise ServiceError(response.status_code, problem if isinstance(problem, dict) else {})


def _no_answer(address: str, error: httpx.TransportError) -> Unavailable:
    return Unavailable(
        f"got no answer from {address} ({error}); allowed: an Axiscope service; start `axiscope up`, or give the "
        "client its address"
    )


def _options(call: Call) -> dict[str, Any]:
    """Return the arguments of `httpx.Client.request` for ``call``; parameters without a value are left out."""
    params = {name: value for name, value in call.params.items() if value is not None}
    return {"params": params, "headers": call.headers, "json": call.json, "content": call.content}


class _Method(Generic[P, T]):
    """Method of both clients: waits for the result of an operation in one, is a coroutine in the other."""

    def __init__(self, operation: Callable[P, Operation[T]]) -> None:
        self._operation = operation

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Operation[T]]: ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: "AsyncClient", owner: type) -> Callable[P, Coroutine[None, None, T]]: ...
    def __get__(self, client: "Client | AsyncClient | None", owner: type) -> Callable[P, object]:
        if client is None:
            return self._operation

        @functools.wraps(self._operation)
        def method(*args: P.args, **kwargs: P.kwargs) -> object:
            return client.run(self._operation(*args, **kwargs))

        return method


class _Operations:
    """The operations as methods; the functions of `axiscope.models` and `axiscope.jobs`."""

    models = _Method(_models.models)
    model = _Method(_models.model)
    encode = _Method(_models.encode)
    decode = _Method(_models.decode)
    traverse = _Method(_models.traverse)
    latents = _Method(_models.latents)
    metrics = _Method(_models.metrics)
    submit = _Method(_jobs.submit)
    jobs = _Method(_jobs.jobs)
    job = _Method(_jobs.job)
    cancel = _Method(_jobs.cancel)
    retry = _Method(_jobs.retry)
    log = _Method(_jobs.log)
    wait = _Method(_jobs.wait)

    def __init__(self, address: str = ADDRESS, token: str | None = None) -> None:
        self.address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._settings: dict[str, Any] = {"base_url": self.address, "headers": headers, "timeout": SECONDS}


class Client(_Operations):
    """Client of a service; a context manager that closes its connections.

    Parameters
    ----------
    address : str
        Address of the service.
    token : str, optional
        Access token, where the service needs one.

    Raises
    ------
    ServiceError
        From every method, if the service refuses the request.
    Unavailable
        From every method, if there is no answer.
    """

    def __init__(self, address: str = ADDRESS, token: str | None = None) -> None:
        super().__init__(address, token)
        self._http = httpx.Client(**self._settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, operation: Operation[T]) -> T:
        """Send the requests of an operation and return its result."""
        try:
            call = next(operation)
            while True:
                time.sleep(call.delay)
                call = operation.send(self._send(call))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _send(self, call: Call) -> httpx.Response:
        try:
            return _check(self._http.request(call.method, call.path, **_options(call)))
        except httpx.TransportError as error:
            raise _no_answer(self.address, error) from error

    def events(self, job: str | Job, *, after: int = 0) -> Iterator[JobEvent]:
        """Yield the events of a job after number ``after``, as they come, until it ends."""
        path = f"/api/v1/jobs/{job if isinstance(job, str) else job.id}/events"
        try:
            with self._http.stream("GET", path, params={"after": after}) as response:
                if not response.is_success:
                    response.read()
                for line in _check(response).iter_lines():
                    if event := _event(line):
                        yield event
        except httpx.TransportError as error:
            raise _no_answer(self.address, error) from error


class AsyncClient(_Operations):
    """Client of a service for asyncio: every operation of `Client` is a coroutine.

    Parameters
    ----------
    address : str
        Address of the service.
    token : str, optional
        Access token, where the service needs one.
    """

    def __init__(self, address: str = ADDRESS, token: str | None = None) -> None:
        super().__init__(address, token)
        self._http = httpx.AsyncClient(**self._settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, operation: Operation[T]) -> T:
        """Send the requests of an operation and return its result."""
        try:
            call = next(operation)
            while True:
                await asyncio.sleep(call.delay)
                call = operation.send(await self._send(call))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def _send(self, call: Call) -> httpx.Response:
        try:
            return _check(await self._http.request(call.method, call.path, **_options(call)))
        except httpx.TransportError as error:
            raise _no_answer(self.address, error) from error

    async def events(self, job: str | Job, *, after: int = 0) -> AsyncIterator[JobEvent]:
        """Yield the events of a job after number ``after``, as they come, until it ends."""
        path = f"/api/v1/jobs/{job if isinstance(job, str) else job.id}/events"
        try:
            async with self._http.stream("GET", path, params={"after": after}) as response:
                if not response.is_success:
                    await response.aread()
                async for line in _check(response).aiter_lines():
                    if event := _event(line):
                        yield event
        except httpx.TransportError as error:
            raise _no_answer(self.address, error) from error

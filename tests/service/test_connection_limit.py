"""More connections than the limit, with real sockets: which are served, which are closed, which are refused."""

import asyncio
import socket
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from backend.http import connections
from backend.settings import Settings

LIMIT = 8
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def answer_no_content(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Opened:
    """Server of one event loop, and clients that are opened and written to before the loop can accept one."""

    def __init__(self, port, state, clients):
        self.port, self.connections, self._clients = port, state.connections, clients

    def open(self, count, sent=b""):
        """Connect ``count`` clients that send ``sent``; the event loop does nothing meanwhile."""
        opened = []
        for _ in range(count):
            client = self._clients.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))
            client.sendall(sent)
            client.setblocking(False)
            opened.append(client)
        return opened


async def first_line(client):
    """First line of an answer; empty where the connection was closed without one."""
    data = b""
    with suppress(ConnectionResetError):
        data = await asyncio.get_running_loop().sock_recv(client, 65536)
    return data.partition(b"\r\n")[0].decode()


async def until(holds):
    while not holds():
        await asyncio.sleep(0.01)


@asynccontextmanager
async def serving():
    settings = Settings(connections=LIMIT, request_seconds=600)
    config = uvicorn.Config(answer_no_content, log_config=None, access_log=False, lifespan="off", ws="none")
    protocol, state = connections.protocol_of(settings), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0, backlog=1024)
    with ExitStack() as clients:
        yield Opened(server.sockets[0].getsockname()[1], state, clients)
        for connection in list(state.connections):
            connection.transport.abort()
        server.close()
        await until(lambda: not state.connections)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine in an event loop of each kind."""

    def run(coroutine):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(asyncio.wait_for(coroutine, 120))

    return run


def test_requests_that_arrived_before_the_service_read_them_are_all_answered(run, monkeypatch):
    monkeypatch.setattr(connections, "GRACE_SECONDS", 0)

    async def act():
        async with serving() as service:
            clients = service.open(LIMIT + 150, REQUEST)
            answers = [await first_line(client) for client in clients]
            assert answers == ["HTTP/1.1 204 No Content"] * len(clients)
            await until(lambda: len(service.connections) <= LIMIT)

    run(act())


def test_connections_that_send_nothing_are_closed_down_to_the_limit_oldest_first(run):
    async def act():
        async with serving() as service:
            before = service.open(2)
            await until(lambda: len(service.connections) == 2)
            later = service.open(LIMIT - 2)
            await until(lambda: len(service.connections) == LIMIT)
            new = service.open(2)
            assert [await first_line(client) for client in before] == ["", ""]
            for client in later + new:
                await asyncio.get_running_loop().sock_sendall(client, REQUEST)
                assert await first_line(client) == "HTTP/1.1 204 No Content"

    run(act())


def test_no_connection_is_open_beyond_the_firm_limit(run, monkeypatch):
    monkeypatch.setattr(connections, "GRACE_SECONDS", 3600)

    async def act():
        async with serving() as service:
            clients = service.open(LIMIT + connections.MAX_WAITING + 20)
            answers = [await first_line(client) for client in clients[-20:]]
            assert answers == ["HTTP/1.1 503 Service Unavailable"] * 20
            await until(lambda: len(service.connections) <= LIMIT + connections.MAX_WAITING)
            assert len(service.connections) == LIMIT + connections.MAX_WAITING

    run(act())

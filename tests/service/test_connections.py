"""Attacks on connections with real sockets: others are served meanwhile, and every refusal is a problem document."""

import http.client
import json
import socket
import time
from contextlib import ExitStack, suppress

import pytest

from backend.http.connections import MAX_HEADER_BYTES
from tests.demo_zoo import write_entry
from tests.service.attacked_service import running

GROWTH = 200 * 1024**2
LIMITS = {"AXISCOPE_CONNECTIONS": "40", "AXISCOPE_REQUEST_SECONDS": "3", "AXISCOPE_BODY_BYTES": "100000"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("connections")
    write_entry(home / "zoo", "demo-disc")
    with running(home, **LIMITS) as running_service:
        yield running_service


def connect(service):
    host, port = service.host.split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def read_all(opened):
    """Everything until the service closes the connection."""
    found = b""
    with suppress(ConnectionResetError), opened:
        while piece := opened.recv(65536):
            found += piece
    return found


def read_problem(opened):
    """The problem document of an answer, read as far as its head says."""
    with http.client.HTTPResponse(opened) as answer:
        answer.begin()
        assert answer.headers["content-type"] == "application/problem+json"
        document = json.loads(answer.read())
        assert answer.status == document["status"]
        return document


def problem_of(data):
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), data[:300]
    document = json.loads(body)
    assert int(head.split()[1]) == document["status"]
    return document


def test_slow_headers_end_after_the_deadline_and_others_are_served(service):
    with service.serving_others(GROWTH):
        slow = [connect(service) for _ in range(30)]
        began = time.monotonic()
        for opened in slow:
            opened.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        ended = {}
        while len(ended) < len(slow) and time.monotonic() - began < 60:
            for opened in slow:
                if opened in ended:
                    continue
                try:
                    opened.sendall(b"X-a: b\r\n")
                    opened.settimeout(0.02)
                    data = opened.recv(65536)
                    opened.settimeout(20)
                    ended[opened] = data + read_all(opened)
                except TimeoutError:
                    continue
                except OSError:
                    ended[opened] = b""
            time.sleep(0.3)
    for opened in slow:
        opened.close()
    assert len(ended) == len(slow)
    answers = [data for data in ended.values() if data]
    assert answers
    document = problem_of(answers[0])
    assert (document["status"], document["type"]) == (408, "/docs/problems/timeout")
    assert "in 3 s" in document["detail"]


def test_more_connections_than_there_is_room_for_do_not_keep_others_out(service):
    with ExitStack() as idle, service.serving_others(GROWTH):
        for _ in range(150):
            idle.enter_context(connect(service)).sendall(b"POST /decode HTTP/1.1\r\n")
        for _ in range(20):
            assert service.send("GET", "/api/v1/models", seconds=20)[0] == 200


def test_a_body_that_stops_coming_ends_and_one_that_flows_slowly_does_not(service):
    head = "POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    body = json.dumps({"model": "demo-disc", "latents": [[0.0] * 6]}).encode()
    with service.serving_others(GROWTH):
        stuck, slow = connect(service), connect(service)
        for opened in (stuck, slow):
            opened.sendall(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        stuck.sendall(body[:5])
        for start in range(0, len(body), 12):
            slow.sendall(body[start : start + 12])
            time.sleep(0.9)
        assert b" 200 " in read_all(slow).partition(b"\r\n")[0]
        assert problem_of(read_all(stuck))["status"] == 408


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 400),
        (b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 403),
        (b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET /static/nothing.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET /static/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"DELETE /api/v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
        (b"PUT /static/css/base.css HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100001\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * (MAX_HEADER_BYTES + 300_000), 431),
        (b"GET /" + b"a" * (MAX_HEADER_BYTES + 300_000), 431),
    ],
    ids=lambda value: value[:40].decode("latin-1").replace("\r\n", " ") if isinstance(value, bytes) else str(value),
)
def test_every_refusal_is_a_problem_document(service, sent, status):
    with connect(service) as opened:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            opened.sendall(sent)
        assert read_problem(opened)["status"] == status


def test_a_web_socket_is_refused_like_any_other_request(service):
    status, document, _ = service.send(
        "GET",
        "/api/v1/nothing",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
        },
    )
    assert (status, document["type"]) == (404, "/docs/problems/not-found")


def test_a_chunked_body_beyond_the_limit_is_refused_with_the_limit(service):
    with connect(service) as opened:
        opened.sendall(
            b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/json\r\n\r\n"
        )
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(11):
                opened.sendall(b"2710\r\n" + b" " * 10_000 + b"\r\n")
        document = read_problem(opened)
    assert document["status"] == 413
    assert "allowed: 100000 bytes" in document["detail"]

"""Answers of one piece are sent by one system call; what comes later is not kept back."""

import asyncio

import pytest

from backend.http.connections import JoiningTransport

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Recorder(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.sent, self.closed = [], False

    def write(self, data):
        self.sent.append(data)

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def get_extra_info(self, name, default=None):
        return name


def sent_by(actions):
    """Pieces that were sent at once, and after the event loop was free."""
    recorder = Recorder()

    async def act():
        joining = JoiningTransport(recorder, asyncio.get_running_loop())
        actions(joining)
        at_once = list(recorder.sent)
        await asyncio.sleep(0)
        return at_once

    return asyncio.run(act()), recorder


@pytest.mark.parametrize(
    ("pieces", "at_once", "later"),
    [
        ([HEAD, b"body"], [HEAD + b"body"], [HEAD + b"body"]),
        ([HEAD, b""], [HEAD], [HEAD]),
        ([HEAD], [], [HEAD]),
        ([HEAD, b"one", b"two"], [HEAD + b"one", b"two"], [HEAD + b"one", b"two"]),
        ([HEAD, b"1", HEAD, b"2"], [HEAD + b"1", HEAD + b"2"], [HEAD + b"1", HEAD + b"2"]),
    ],
)
def test_a_head_goes_with_the_first_piece_of_its_body_and_never_later_than_the_next_turn(pieces, at_once, later):
    found, recorder = sent_by(lambda joining: [joining.write(piece) for piece in pieces])
    assert found == at_once
    assert recorder.sent == later


def test_closing_sends_the_head_first():
    found, recorder = sent_by(lambda joining: (joining.write(HEAD), joining.close()))
    assert found == [HEAD]
    assert recorder.closed


def test_all_else_is_that_of_the_transport():
    recorder = Recorder()
    loop = asyncio.new_event_loop()
    joining = JoiningTransport(recorder, loop)
    loop.close()
    assert joining.get_extra_info("peername") == "peername"
    assert not joining.is_closing()

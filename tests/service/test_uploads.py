"""Uploaded pictures: what arrives, what is refused and leaves nothing, and who may send it."""

import io
import stat
import threading
import time
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image

from backend.http.auth import needed_scope
from tests.demo_zoo import write_zoo
from tests.service.attacked_service import running

MEBIBYTE = 1024**2
UPLOADS = "/api/v1/datasets/own/uploads"
GROWTH = 64 * MEBIBYTE


def png(value: int = 0, side: int = 16, mode: str = "L") -> bytes:
    data = io.BytesIO()
    Image.new(mode, (side, side), value).save(data, "PNG")
    return data.getvalue()


def archive(members: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as made:
        for name, content in (members or {f"{n}.png": png(20 * n) for n in range(6)}).items():
            made.writestr(name, content)
    return data.getvalue()


def body(**parts: bytes | str) -> tuple[bytes, dict[str, str]]:
    boundary = "b0undary"
    lines = []
    for name, content in parts.items():
        file = '; filename="f"' if isinstance(content, bytes) else ""
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode())
        lines.append((content if isinstance(content, bytes) else content.encode()) + b"\r\n")
    return b"".join([*lines, f"--{boundary}--\r\n".encode()]), {
        "Content-Type": f"multipart/form-data; boundary={boundary}"
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    write_zoo(home / "zoo")
    limits = {"BYTES": 32 * MEBIBYTE, "UNPACKED_BYTES": 64 * MEBIBYTE, "FILES": 500}
    with running(home, **{f"AXISCOPE_UPLOAD_{name}": str(value) for name, value in limits.items()}) as started:
        yield started


def upload(service, name: str, pictures: bytes, **more: bytes | str):
    content, headers = body(name=name, pictures=pictures, **more)
    return service.send("POST", UPLOADS, content, headers)


def left(service) -> list[str]:
    """Paths of all files below the data folder."""
    data = service.home / "data"
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())


def delete(service, name: str) -> None:
    assert service.send("DELETE", f"{UPLOADS}/{name}")[0] == 204


def dataset(service, query: str):
    deadline = time.monotonic() + 120
    while True:
        status, answer, _ = service.send("GET", f"/api/v1/datasets/own{query}")
        if status != 503 or time.monotonic() > deadline:
            return status, answer


def test_a_zip_becomes_a_set_with_images_and_factors_that_can_be_trained_on(service):
    members = {f"faces/{n}.png": png(20 * n) for n in range(6)}
    labels = "file,size\n" + "".join(f"{n}.png,{n % 3}\n" for n in range(6))
    with service.serving_others(GROWTH):
        status, made, headers = upload(service, "faces", archive({**members, "faces/labels.csv": labels.encode()}))
    assert status == 201, made
    assert (made["name"], made["pictures"], made["labels"]) == ("faces", 6, True)
    assert headers["location"] == made["links"]["self"] == f"{UPLOADS}/faces"
    assert [each["name"] for each in service.send("GET", UPLOADS)[1]["items"]] == ["faces"]
    status, shown = dataset(service, "?upload=faces")
    assert status == 200, shown
    assert (shown["n_images"], shown["title"], shown["factors"][0]["name"]) == (6, "faces", "size")
    status, picture, _ = service.send("GET", f"{shown['links']['images']}&index=3")
    assert status == 200
    assert np.asarray(Image.open(io.BytesIO(picture)).convert("L")).max() == 60
    assert service.send("GET", f"{shown['links']['locate']}&factors=1")[1]["factors"] == [1]
    for settings in ({"path": "faces"}, {"path": "own/uploads/faces"}):
        spec = {"dataset": "own", "dataset_settings": settings, "objective": "vae", "steps": 1}
        assert service.send("POST", "/api/v1/jobs/estimate", {"kind": "train", "spec": spec})[0] == 200
    delete(service, "faces")
    assert service.send("GET", UPLOADS)[1]["items"] == []
    assert service.send("GET", "/api/v1/datasets/own?upload=faces")[0] == 404
    assert not [path for path in left(service) if "faces" in path]


def test_labels_may_come_beside_the_archive(service):
    status, made, _ = upload(service, "beside", archive(), labels=b"file,size\n1.png,1\n2.png,2\n")
    assert (status, made["labels"]) == (201, True)
    delete(service, "beside")


def with_mode(mode: int, content: bytes = b"/etc/passwd") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for n in range(3):
            made.writestr(f"{n}.png", png())
        info = zipfile.ZipInfo("link.png")
        info.external_attr = (mode | 0o777) << 16
        made.writestr(info, content)
    return data.getvalue()


def bomb(size: int) -> bytes:
    return archive({"a.png": png(), "b.png": png(), "c.bmp": bytes(size)}, zipfile.ZIP_DEFLATED)


PICTURES = {f"{n}.png": png() for n in range(3)}
ATTACKS = {
    "leads out": (archive({**PICTURES, "../../evil.png": png()}), 422, "with the path '../../evil.png'"),
    "absolute": (archive({**PICTURES, "/etc/evil.png": png()}), 422, "with the path '/etc/evil.png'"),
    "backslashes": (archive({**PICTURES, "..\\..\\evil.png": png()}), 422, "with the path"),
    "a link": (with_mode(stat.S_IFLNK), 422, "which is a link or a device"),
    "a device": (with_mode(stat.S_IFCHR), 422, "which is a link or a device"),
    "a pipe": (with_mode(stat.S_IFIFO), 422, "which is a link or a device"),
    "a zip inside": (archive({**PICTURES, "more.zip": archive()}), 415, "an archive in the archive is not unpacked"),
    "a program": (archive({**PICTURES, "run.sh": b"#!/bin/sh"}), 415, "allowed: images"),
    "a zip called picture": (archive({**PICTURES, "more.png": archive()}), 415, "is no image"),
    "a bomb of one member": (partial(bomb, 60 * MEBIBYTE), 422, "at most 200 times its packed size"),
    "a bomb beyond the limit": (partial(bomb, 200 * MEBIBYTE), 422, "allowed: at most 67,108,864"),
    "many members": (
        archive({f"{n}.png": b"" for n in range(501)}),
        422,
        "501 members; allowed: at most 500",
    ),
    "pixels": (archive({**PICTURES, "z.png": png(side=5000, mode="1")}), 422, "of 5000 x 5000 pixels"),
    "twice": (archive({"a/1.png": png(), "a//1.png": png()}), 422, "twice"),
    "no zip": (b"GIF89a" + bytes(1000), 415, "no whole zip archive"),
    "cut short": (archive()[:-40], 415, "no whole zip archive"),
    "nothing": (archive({"readme/": b""}), 422, "with 0 pictures"),
    "labels of other files": (archive({**PICTURES, "labels.csv": b"file,a\nsecret-word,1\n"}), 422, "line 2, column 1"),
    "labels that are no text": (archive({**PICTURES, "labels.csv": b"\xff\xfe\x00"}), 422, "line 1, byte 1"),
}


@pytest.mark.parametrize(("pictures", "status", "words"), ATTACKS.values(), ids=ATTACKS)
def test_an_archive_that_is_not_right_is_refused_and_leaves_nothing(service, pictures, status, words):
    before = left(service)
    content = pictures() if callable(pictures) else pictures  # bombs are made when used
    with service.serving_others(GROWTH):
        found, answer, headers = upload(service, "attack", content)
    assert found == status, answer
    assert headers["content-type"] == "application/problem+json"
    assert any(part in answer["detail"] for part in words.split("|")), answer["detail"]
    assert "secret-word" not in str(answer)
    assert str(service.home) not in str(answer)
    assert left(service) == before
    assert not list(service.home.rglob("evil*"))


def test_a_body_over_the_limit_is_refused_with_or_without_a_declared_length(service):
    content, headers = body(name="large", pictures=bytes(33 * MEBIBYTE))
    before = left(service)

    def pieces():
        yield from (content[start : start + MEBIBYTE] for start in range(0, len(content), MEBIBYTE))

    with service.serving_others(GROWTH):
        try:
            status, answer, _ = service.send("POST", UPLOADS, pieces(), {**headers, "Transfer-Encoding": "chunked"})
        except (BrokenPipeError, ConnectionResetError):
            status, answer = 413, {"detail": "AXISCOPE_UPLOAD_BYTES"}  # refused while it was sent
    assert (status, "AXISCOPE_UPLOAD_BYTES" in answer["detail"]) == (413, True)
    assert left(service) == before


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"", {"Content-Type": "multipart/form-data"}, 415),
        (b"no part at all", {"Content-Type": "multipart/form-data; boundary=x"}, 422),
        (*body(name="Has Spaces", pictures=archive()), 422),
        (*body(name="../up", pictures=archive()), 422),
        (*body(name="fine"), 422),
        (*body(name="fine", pictures=archive(), more="what"), 422),
        (body(name="fine", pictures=archive())[0][:-30], body()[1], 422),
    ],
)
def test_a_form_that_is_not_right_is_refused_and_leaves_nothing(service, content, headers, status):
    before = left(service)
    found, answer, _ = service.send("POST", UPLOADS, content, headers)
    assert found == status, answer
    assert left(service) == before


def test_a_name_is_taken_once_even_by_uploads_at_the_same_time(service):
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(upload(service, "same", archive())[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(201) == 1
    assert set(answers) <= {201, 409, 503}
    assert upload(service, "same", archive())[0] == 409
    delete(service, "same")
    assert service.send("DELETE", f"{UPLOADS}/same")[0] == 404


def test_own_images_are_listed_as_waiting_for_a_path_even_where_sets_were_uploaded(service):
    upload(service, "listed", archive())
    rows = {row["name"]: row for row in service.send("GET", "/api/v1/datasets")[1]["items"]}
    assert not rows["own"]["available"]
    assert "got no path" in rows["own"]["problem"]
    delete(service, "listed")


def test_uploads_need_the_scope_of_training_and_their_list_that_of_reading():
    assert needed_scope("GET", UPLOADS) == "read"
    assert needed_scope("POST", UPLOADS) == "train"
    assert needed_scope("DELETE", f"{UPLOADS}/faces") == "train"

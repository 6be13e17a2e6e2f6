"""What a page loads: pinned addresses, one wave of modules, compressed answers, headers where they matter."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from backend.http.static import CompressedFiles, modules, pin, version

STATIC = Path(__file__).parents[2] / "frontend" / "static"


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "static"
    for name, text in {
        "js/page.js": 'import { a } from "./a.js";\nimport "../lib/side.js";\nconst b = () => import("./late.js");\n',
        "js/a.js": 'import {\n  b,\n  c,\n} from "../lib/b.js";\nexport * from "../lib/b.js";\n',
        "lib/b.js": 'export const HERE = new URL("./worker.js", import.meta.url);\n' + "// long\n" * 200,
        "lib/side.js": "",
        "lib/worker.js": "",
        "js/late.js": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_modules_of_a_page_are_its_static_imports_alone(tree):
    found = [path.relative_to(tree).as_posix() for path in modules([tree / "js/page.js"])]
    assert found == ["js/page.js", "js/a.js", "lib/side.js", "lib/b.js", "lib/worker.js"]


def test_the_head_of_a_page_preloads_its_modules_by_pinned_addresses(tree):
    early = '<script type="module" async src="/static/lib/side.js"></script>'
    html = f'<head>{early}<link href="/static/a.css"></head><script type="module" src="/static/js/page.js"></script>'
    at = f"/static/{version(tree)}"
    low = f'<link rel="modulepreload" fetchpriority="low" href="{at}'
    later = "".join(f'{low}/{name}">\n  ' for name in ("js/page.js", "js/a.js", "lib/b.js", "lib/worker.js"))
    assert pin(html, tree) == (
        f'<head><link rel="modulepreload" href="{at}/lib/side.js">\n  '
        f'<script type="module" async src="{at}/lib/side.js"></script><link href="{at}/a.css">'
        f'{later}</head><script type="module" src="{at}/js/page.js"></script>'
    )


def test_an_edited_file_changes_the_version(tree, monkeypatch):
    moments = iter((1.0, 3.0))
    monkeypatch.setattr("backend.http.static.time.monotonic", lambda: next(moments))
    before = version(tree)
    (tree / "js/late.js").write_text("edited")
    assert version(tree) != before


def digest(tree):
    found = hashlib.sha256()
    for path in sorted((tree / "js").rglob("*.js")):
        found.update(f"{path.relative_to(tree / 'js').as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()


def test_a_page_loads_the_bundle_of_its_modules_until_one_of_them_changes(tree, monkeypatch):
    bundle = {"files": ["vendor/bundle/page.js", "vendor/bundle/chunk.js"], "includes": ["js/a.js"]}
    folder = tree / "vendor/bundle"
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text(json.dumps({"sources": digest(tree), "scripts": {"js/page.js": bundle}}))
    frame = '<script type="module" src="/static/js/a.js"></script>'
    html = f'<head></head>{frame}<script type="module" src="/static/js/page.js"></script>'
    at = f"/static/{version(tree)}/vendor/bundle"
    links = "".join(
        f'<link rel="modulepreload" fetchpriority="low" href="{at}/{name}">\n  ' for name in ("page.js", "chunk.js")
    )
    assert pin(html, tree) == f'<head>{links}</head><script type="module" src="{at}/page.js"></script>'
    (tree / "js/late.js").write_text("edited")
    monkeypatch.setattr("backend.http.static.POLL_SECONDS", 1e-9)
    assert "bundle" not in pin(html, tree)
    assert 'src="/static/v-' in pin(html, tree)


@pytest.mark.parametrize(
    "page", ["/", "/explore/demo-disc", "/compare", "/scores", "/jobs", "/data", "/studies", "/glossary"]
)
def test_the_pages_load_bundles_of_their_modules(client, page):
    html = client.get(page).text
    loaded = re.findall(r'<script type="module"[^>]* src="([^"]+)"', html)
    assert loaded
    assert all("/vendor/bundle/" in address for address in loaded), "run `node scripts/bundle.mjs`"
    for address in re.findall(r'<link rel="modulepreload"[^>]* href="([^"]+)"', html):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_the_explore_page_preloads_every_module_it_imports(client, monkeypatch):
    monkeypatch.setattr("backend.http.static._bundles", lambda *_: {})
    html = client.get("/explore/demo-disc").text
    preloaded = re.findall(r'<link rel="modulepreload"[^>]* href="/static/(v-[0-9a-f]{12})/([^"]+)"', html)
    wanted = modules([STATIC / "js/inference/preload.js", STATIC / "js/pages/frame.js", STATIC / "js/pages/explore.js"])
    assert {path for _, path in preloaded} == {path.relative_to(STATIC).as_posix() for path in wanted}
    assert len(preloaded) > 50
    for pinned, path in preloaded[:5]:
        answer = client.get(f"/static/{pinned}/{path}")
        assert answer.text == (STATIC / path).read_text()
        assert "immutable" in answer.headers["cache-control"]


def test_an_address_pinned_to_another_version_is_not_kept(client):
    answer = client.get("/static/v-000000000000/js/core/dom.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/static/v-000000000000/js/nothing.js").status_code == 404


def test_brotli_is_sent_where_a_packed_file_is_beside_the_file(tree, tmp_path):
    (tree / "lib/b.js.br").write_bytes(b"packed")
    client = TestClient(CompressedFiles(tree, tmp_path / "cache"))
    answers = {}
    for coding in ("br", "gzip", "identity"):
        with client.stream("GET", "/lib/b.js", headers={"Accept-Encoding": coding}) as answer:
            answers[coding] = (
                b"".join(answer.iter_raw()),
                answer.headers.get("content-encoding"),
                answer.headers["etag"],
            )
    assert answers["br"][:2] == (b"packed", "br")
    assert gzip.decompress(answers["gzip"][0]) == answers["identity"][0] == (tree / "lib/b.js").read_bytes()
    assert len({tag for _, _, tag in answers.values()}) == 3
    part = client.get("/lib/b.js", headers={"Accept-Encoding": "identity", "Range": "bytes=0-5"})
    assert (part.status_code, part.text) == (206, "export")


def test_json_and_pages_are_compressed_but_pictures_are_not(client):
    for path in ("/api/v1/models/demo-disc", "/explore/demo-disc", "/openapi.json"):
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
            assert answer.headers["content-encoding"] == "gzip", path
            assert int(answer.headers["content-length"]) == len(raw)
            assert "Accept-Encoding" in answer.headers["vary"]
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        if path != "/explore/demo-disc":
            assert json.loads(gzip.decompress(raw)) == plain.json()
    body = {"model": "demo-disc", "latents": [[0.0] * 6]}
    picture = client.post("/decode", json=body, headers={"Accept": "image/png", "Accept-Encoding": "gzip"})
    assert "content-encoding" not in picture.headers
    assert picture.headers["vary"] == "Accept"


def test_a_short_or_failed_answer_is_whole_too(client):
    for path, status in (("/healthz", 200), ("/api/v1/models/nobody", 404)):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == status
        assert answer.json()


def test_the_rules_of_a_page_go_with_pages_and_workers_not_with_their_parts(client):
    for kind in ("document", "worker", None):
        headers = {"Sec-Fetch-Dest": kind} if kind else {}
        assert "content-security-policy" in client.get("/static/js/core/dom.js", headers=headers).headers
    part = client.get("/static/js/core/dom.js", headers={"Sec-Fetch-Dest": "script"}).headers
    assert "content-security-policy" not in part
    assert part["x-content-type-options"] == "nosniff"
    assert part["cross-origin-resource-policy"] == "same-origin"

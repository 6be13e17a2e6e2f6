"""What a program that previews links reads from the page of a model, with an HTML parser of its own."""

import io
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from PIL import Image


class Head(HTMLParser):
    """Title, and the content of each `meta` and canonical link by property or name."""

    def __init__(self):
        super().__init__()
        self.title, self.found, self._in_title = "", {}, False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._in_title = tag == "title"
        if tag == "meta" and ("property" in given or "name" in given):
            self.found[given.get("property") or given["name"]] = given["content"]
        if tag == "link" and given.get("rel") == "canonical":
            self.found["canonical"] = given["href"]

    def handle_data(self, data):
        self.title += data if self._in_title else ""


def head(client, path, status=200):
    answer = client.get(path, headers={"User-Agent": "a preview", "Accept": "*/*"})
    assert answer.status_code == status
    parser = Head()
    parser.feed(answer.text)
    return parser


def picture(client, address):
    parts = urlsplit(address)
    assert parts.netloc == "127.0.0.1:8000"
    answer = client.get(f"{parts.path}?{parts.query}", headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    return Image.open(io.BytesIO(answer.content))


@pytest.mark.parametrize("focus", ["z1", "1"])
def test_a_link_to_a_latent_is_previewed_with_its_factor_and_its_traversal(client, focus):
    page = head(client, f"/explore/demo-disc?focus={focus}")
    assert page.title.strip() == "z1 posY · demo disc · Explore · Axiscope"
    found = page.found
    assert found["og:title"] == "z1 posY · demo disc"
    assert found["description"] == found["og:description"]
    assert found["description"].startswith("Latent z1 of demo-disc: correlation with posY +1.00, correlation with ")
    assert found["description"].endswith("nats, active")
    assert found["canonical"] == found["og:url"] == "http://127.0.0.1:8000/explore/demo-disc?focus=z1"
    assert found["twitter:card"] == "summary_large_image"
    image = picture(client, found["og:image"])
    assert image.size == (9 * 66 - 2, 64)
    assert "z1" in found["og:image:alt"]


@pytest.mark.parametrize("query", ["", "?focus=z99", "?focus=posX"])
def test_a_link_to_a_model_is_previewed_with_its_scores(client, query):
    found = head(client, f"/explore/demo-disc{query}").found
    assert found["og:title"] == "demo disc"
    assert "dSprites (procedural) · beta_vae, 6 latents, 3 active, MIG 0.57, DCI 0.85" in found["og:description"]
    assert found["og:url"] == "http://127.0.0.1:8000/explore/demo-disc"
    assert picture(client, found["og:image"]).size == (9 * 66 - 2, 5 * 66 - 2)


def test_a_name_with_signs_of_html_stays_text(client, demo_zoo, monkeypatch):
    from backend.models import documents

    plain = documents.detail
    name = '"><script>alert(1)</script>'
    monkeypatch.setattr(documents, "detail", lambda *given: plain(*given).model_copy(update={"name": name}))
    answer = client.get("/explore/demo-disc")
    assert "<script>alert(1)</script>" not in answer.text.split("</head>")[0].replace("\\u003c", "")
    parser = Head()
    parser.feed(answer.text)
    assert parser.found["og:title"] == name


def test_a_broken_model_has_no_preview(client):
    assert "og:title" not in head(client, "/explore/demo-truncated", status=409).found

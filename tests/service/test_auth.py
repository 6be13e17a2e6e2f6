"""Who may do what: tokens, sessions, hosts, origins, and the rule for listening beyond this machine."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from backend.app import create_app
from backend.cli import app as command
from backend.commands.serve import require_token_for_public_address
from backend.db.base import now
from backend.http import auth
from backend.http.auth import needed_scope
from backend.routes.pages import own_path
from backend.settings import Settings
from models_zoo.errors import InvalidInput

LATENTS = {"model": "demo-disc", "latents": [[0.0] * 6]}


@pytest.fixture(scope="module")
def guarded(demo_zoo, tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('access') / 'axiscope.db'}"
    settings = Settings(home=demo_zoo.parent, bundled_zoo=demo_zoo / "none", database_url=url, require_token=True)
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        with app.state.context.database.write_session() as session:
            made = {scope: auth.create_token(session, scope, scope, 1)[0] for scope in auth.SCOPES}
        yield client, made, app.state.context.database


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_only_health_and_login_answer(guarded):
    client, _, _ = guarded
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    refused = client.get("/api/v1/models")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-type"] == "application/problem+json"


def test_each_scope_includes_those_below_it(guarded):
    client, made, _ = guarded
    for scope, expected in (("read", 403), ("infer", 200), ("train", 200), ("admin", 200)):
        assert client.get("/api/v1/models", headers=bearer(made[scope])).status_code == 200
        assert client.post("/decode", json=LATENTS, headers=bearer(made[scope])).status_code == expected


def test_scopes_by_request():
    assert needed_scope("GET", "/static/js/core/dom.js") is None
    assert needed_scope("GET", "/metrics") == "read"
    assert needed_scope("POST", "/api/v1/encode") == "infer"
    assert needed_scope("DELETE", "/api/v1/jobs/7") == "train"
    assert needed_scope("POST", "/api/v1/anything/new") == "admin"


@pytest.mark.parametrize("text", ["", "axs_", "axs_" + "a" * 38, "Bearer", "axs_" + "\u00e9" * 38])
def test_a_mistyped_token_is_refused_without_a_look_into_the_database(text):
    assert not auth.is_valid_token(text)


def test_a_token_is_kept_as_a_hash_only(guarded):
    _, made, database = guarded
    with database.read_session() as session:
        rows = auth.list_tokens(session)
    for row in rows:
        assert len(row.digest) == 64
        assert all(row.digest not in text and text not in repr(vars(row)) for text in made.values())


def test_expired_and_revoked_tokens_are_refused(guarded):
    client, _, database = guarded
    with database.write_session() as session:
        old, row = auth.create_token(session, "old", "read", 1)
        row.expires_at = now() - timedelta(seconds=1)
        gone, row = auth.create_token(session, "gone", "read", None)
        auth.revoke_token(session, row.id)
    for text in (old, gone):
        assert client.get("/api/v1/models", headers=bearer(text)).status_code == 401


def test_a_browser_logs_in_and_out(guarded):
    client, made, _ = guarded
    html = {"Accept": "text/html"}
    sent = client.get("/explore/demo-disc", headers=html)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/explore/demo-disc")
    page = client.get(sent.headers["location"], headers=html)
    assert 'value="/explore/demo-disc"' in page.text
    assert client.post("/login", data={"token": "axs_wrong", "next": "/"}).status_code == 401
    done = client.post("/login", data={"token": made["infer"], "next": "/scores"})
    assert (done.status_code, done.headers["location"]) == (303, "/scores")
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.post("/decode", json=LATENTS).status_code == 200
    client.post("/logout")
    client.cookies.clear()
    assert client.get("/api/v1/models").status_code == 401


@pytest.mark.parametrize("text", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""])
def test_the_login_never_leads_elsewhere(text):
    assert own_path(text) == "/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""])
def test_a_foreign_host_name_is_refused(client, host):
    answer = client.get("/api/v1/models", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "LOCALHOST:1"])
def test_the_names_of_this_machine_are_accepted(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_cannot_change_anything(client, headers):
    assert client.post("/decode", json=LATENTS, headers=headers).status_code == 403
    assert client.get("/api/v1/models", headers=headers).status_code == 200


def test_the_own_page_may_send(client):
    assert client.post("/decode", json=LATENTS, headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_no_other_origin_is_ever_allowed_to_read(client):
    answer = client.get("/api/v1/models", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_has_the_security_headers_and_an_id(client):
    for path in ("/", "/api/v1/models", "/nothing", "/static/css/base.css", "/healthz"):
        answer = client.get(path, headers={"X-Request-Id": "mine-1"})
        assert "script-src 'self' 'wasm-unsafe-eval'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"] == "mine-1"
    assert client.get("/healthz", headers={"X-Request-Id": "bad id\u00e9".encode()}).headers["x-request-id"] != "bad id"


def test_listening_elsewhere_needs_a_token_or_a_word(tmp_path):
    settings = Settings(home=tmp_path, host="0.0.0.0")
    with pytest.raises(InvalidInput, match="--insecure"):
        require_token_for_public_address(settings)
    require_token_for_public_address(Settings(home=tmp_path, host="0.0.0.0", insecure=True))
    require_token_for_public_address(Settings(home=tmp_path))


def test_the_token_command_makes_lists_and_revokes(tmp_path, monkeypatch):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    run = CliRunner().invoke
    made = run(command, ["token", "create", "--name", "ci", "--scope", "train", "--days", "7"])
    assert made.exit_code == 0
    text = made.stdout.strip()
    assert auth.is_valid_token(text)
    require_token_for_public_address(Settings(home=tmp_path, host="0.0.0.0"))
    listed = run(command, ["token", "list"])
    assert "train  ci" in listed.stdout
    assert text not in listed.stdout
    assert run(command, ["token", "revoke", text[4:12]]).exit_code == 0
    with pytest.raises(InvalidInput):
        require_token_for_public_address(Settings(home=tmp_path, host="0.0.0.0"))

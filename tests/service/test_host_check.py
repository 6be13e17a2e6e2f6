"""The guard against DNS rebinding where no token is needed."""

import pytest

from backend.http.middleware import is_trusted
from backend.settings import Settings
from tests.demo_zoo import write_entry
from tests.service.attacked_service import running


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"]
)
@pytest.mark.parametrize("insecure", [False, True])
def test_a_name_that_leads_here_is_refused_with_and_without_insecure(tmp_path, host, insecure):
    given = {"host": "0.0.0.0", "insecure": True} if insecure else {}
    settings = Settings(home=tmp_path, **given)
    assert not is_trusted(host, settings)
    assert is_trusted(host, Settings(home=tmp_path, trusted_hosts=(host.partition(":")[0].upper(),), **given))
    for own in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", "192.168.1.5:8000", "axiscope.localhost"):
        assert is_trusted(own, settings)


def test_an_insecure_service_refuses_the_name_of_a_rebinding_page(tmp_path):
    home = tmp_path / "home"
    write_entry(home / "zoo", "demo-disc")
    with running(home, AXISCOPE_HOST="0.0.0.0", AXISCOPE_INSECURE="true") as service:
        port = service.host.rpartition(":")[2]
        service.host = f"127.0.0.1:{port}"
        assert service.send("GET", "/api/v1/models", headers={"Host": f"192.168.1.5:{port}"})[0] == 200
        for method, path in (("GET", "/api/v1/models"), ("GET", "/"), ("POST", "/decode"), ("GET", "/healthz")):
            status, document, _ = service.send(method, path, headers={"Host": f"evil.example:{port}"})
            assert (status, document["status"]) == (403, 403)
        assert "AXISCOPE_TRUSTED_HOSTS" in document["detail"]

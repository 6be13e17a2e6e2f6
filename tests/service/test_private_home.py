"""Home and database are for their account alone, and open answers name no machine."""

import socket
import stat
import time

from backend.db.engine import Database
from tests.demo_zoo import write_entry
from tests.service.attacked_service import running


def test_home_is_private_also_where_it_existed_open_and_readiness_names_no_machine(tmp_path):
    home = tmp_path / "home"
    write_entry(home / "zoo", "demo-disc")
    Database(f"sqlite:///{home / 'axiscope.db'}").migrate()
    for name in ("axiscope.db", "axiscope.db-wal", "axiscope.db-shm"):
        if (home / name).exists():
            (home / name).chmod(0o644)
    home.chmod(0o755)
    with running(home, command="up") as service:
        assert service.send("GET", "/readyz")[0] == 200
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        found = sorted(home.glob("axiscope.db*"))
        assert [path.name for path in found][:1] == ["axiscope.db"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
        deadline = time.monotonic() + 60
        detail = "starting"
        while detail == "starting" and time.monotonic() < deadline:
            detail = service.send("GET", "/readyz")[1]["checks"]["worker"]["detail"]
            time.sleep(0.2)
    assert detail == "1 there"
    assert socket.gethostname() not in detail

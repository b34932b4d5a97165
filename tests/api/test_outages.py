"""With the database away every request is answered 503 in time, and served again when it is back."""

from pathlib import Path
from uuid import uuid4

from domain.users.user import Role
from tests.api.town import Town, town_on
from tests.proxy import Proxy, proxied


def statuses(town: Town) -> dict[str, int]:
    """What a command and the question of readiness are answered."""
    headers = town.bearer(Role.CASE_MANAGER)
    command = town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers)
    assert command.status_code != 503 or command.headers["retry-after"]
    return {"command": command.status_code, "ready": town.client.get("/health/ready").status_code}


def away(proxy: Proxy, town: Town) -> dict[str, int]:
    proxy.refuse()
    return statuses(town)


def test_the_database_away_is_a_503_and_back_is_served_again(migrated: str, tmp_path: Path):
    with proxied(migrated) as (proxy, through), town_on(through, tmp_path) as town:
        assert statuses(town) == {"command": 404, "ready": 200}
        assert away(proxy, town) == {"command": 503, "ready": 503}
        assert town.client.get("/health/live").status_code == 200
        proxy.accept_again()
        for _ in range(20):
            if (now := statuses(town)) == {"command": 404, "ready": 200}:
                break
        assert now == {"command": 404, "ready": 200}

"""Figures: what all processes counted together, at a port of their own if there is one, for whoever may read them."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.app import figures_app
from api.http.boards import GONE_SECONDS, Board
from api.http.figures import Scraper
from api.http.metrics import Metrics, Numbers, text, together
from api.settings import BadSettings, Mode, Settings
from tests.api.test_cli import HANG_SECONDS, Place, one_clear_line, status_of

TOKEN = "figure" * 8
ASKED = 20


def counted(*seconds: float, **gauges: int) -> Numbers:
    """What a process says that has answered so many requests in these times."""
    metrics = Metrics()
    for each in seconds:
        metrics.observe("GET", "/health/live", 200, each)
    return metrics.numbers(**gauges)


def test_what_several_processes_counted_is_added_and_the_keys_are_as_good_as_the_worst_of_them(tmp_path: Path):
    one, other = Board(tmp_path), Board(tmp_path)
    one.leave(counted(0.001, 0.3, commands_waiting=2, issuer_keys_good_seconds=9))
    other.leave(counted(0.3, commands_waiting=1, issuer_keys_good_seconds=7))
    other.leave(counted(0.3, 7.0, commands_waiting=1, issuer_keys_good_seconds=7))
    said = text(together(one.read())).splitlines()
    assert 'as_cms_requests_total{method="GET",route="/health/live",status="200"} 4' in said
    assert 'as_cms_request_seconds_bucket{route="/health/live",le="0.5"} 3' in said
    assert 'as_cms_request_seconds_sum{route="/health/live"} 7.601000' in said
    assert {"as_cms_commands_waiting 3", "as_cms_issuer_keys_good_seconds 7"} <= set(said)
    assert len([line for line in said if line.startswith("# TYPE")]) == 4, "each is told of once"


def test_what_a_process_counted_stays_when_it_is_gone_and_how_it_stood_does_not(tmp_path: Path):
    """A sum that falls would be read as one that began anew."""
    Board(tmp_path).leave(counted(0.001, commands_waiting=2))
    (left,) = tmp_path.iterdir()
    then = time.time() - GONE_SECONDS - 1
    os.utime(left, (then, then))
    Board(tmp_path).leave(counted(0.001, commands_waiting=1))
    said = text(together(Board(tmp_path).read()))
    assert 'status="200"} 2' in said
    assert "as_cms_commands_waiting 1" in said


@pytest.mark.parametrize(
    ("mode", "port", "host", "token", "expected"),
    [
        ("development", None, "127.0.0.1", None, 200),
        ("development", 9464, "192.0.2.1", None, 200),
        ("production", None, "127.0.0.1", None, 404),
        ("production", 9464, "127.0.0.1", None, 200),
        ("production", 9464, "192.0.2.1", None, 404),
        ("production", None, "127.0.0.1", TOKEN, 401),
        ("production", 9464, "127.0.0.1", TOKEN, 401),
    ],
)
def test_who_may_read_the_figures_without_a_token(
    mode: str, port: int | None, host: str, token: str | None, expected: int
):
    given = {"mode": Mode(mode), "metrics_port": port, "metrics_host": host}
    said = Settings(metrics_token=token).model_copy(update=given)
    answer = TestClient(figures_app(said, list)).get("/metrics")
    assert answer.status_code == expected


@pytest.mark.parametrize("wrong", ["", "hush", "two tokens of thirty-two characters or more"])
def test_a_token_in_a_file_is_as_long_as_one_in_the_environment(tmp_path: Path, wrong: str):
    file = tmp_path / "token"
    file.write_text(wrong)
    with pytest.raises(BadSettings, match="AS_CMS_METRICS_TOKEN_FILE") as error:
        Scraper.of(Settings(metrics_token_file=file))
    assert "hush" not in str(error.value)
    file.write_text(f"{TOKEN}\n")
    assert Scraper.of(Settings(metrics_token_file=file)).token == TOKEN


def test_a_file_of_the_token_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(BadSettings, match=str(tmp_path)):
        Scraper.of(Settings(metrics_token_file=tmp_path))


def figures(address: str) -> httpx2.Response:
    return httpx2.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=HANG_SECONDS)


def answered(address: str) -> int:
    """How often somebody was told that the service lives, as the figures have it."""
    found = re.search(r'route="/health/live",status="200"} (\d+)', figures(address).text)
    return int(found[1]) if found else 0


def awaited(address: str, count: int) -> int:
    """Ask until the figures have it so, or too long."""
    until = time.monotonic() + HANG_SECONDS
    while (found := answered(address)) != count and time.monotonic() < until:
        time.sleep(0.1)
    return found


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that answer, which came from one module."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [pid for pid in map(int, found) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return str(file)


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.soak), "2"])
def test_figures_have_a_port_of_their_own_and_are_those_of_all_processes(passable: Path, token_file: str, workers: str):
    own = {"AS_CMS_METRICS_PORT": "0", "AS_CMS_METRICS_TOKEN_FILE": token_file}
    with Place(passable / f"figures-{workers}").serving("--workers", workers, **own) as (process, address):
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("Figures on http://127.0.0.1:")
        port = said.split()[-1]
        assert {status_of(f"{address}/health/live") for _ in range(ASKED)} == {200}
        assert status_of(f"{address}/metrics") == 404
        assert "/metrics" not in httpx2.get(f"{address}/openapi.json", timeout=HANG_SECONDS).json()["paths"]
        assert awaited(port, ASKED) == ASKED
        assert status_of(f"{port}/metrics") == 401
        assert {status_of(f"{port}{path}") for path in ("/health/live", "/openapi.json", "/docs")} == {404}
        working = children(process)
        assert len(working) == {"1": 0, "2": 2}[workers]
        for pid in working[:1]:
            os.kill(pid, signal.SIGKILL)
            assert answered(port) == ASKED, "what was counted by one that has died"
        process.terminate()
        assert process.wait(HANG_SECONDS) == 0


def test_several_processes_without_a_port_for_figures_answer_for_each_other(passable: Path, token_file: str):
    place = Place(passable / "figures-main")
    with place.serving("--workers", "2", AS_CMS_METRICS_TOKEN_FILE=token_file) as (_, address):
        assert {status_of(f"{address}/health/live") for _ in range(ASKED)} == {200}
        assert awaited(address, ASKED) == ASKED


def test_figures_that_others_can_reach_are_served_in_a_mode_that_somebody_has_said(passable: Path):
    own = {"AS_CMS_METRICS_PORT": "0", "AS_CMS_METRICS_HOST": "192.0.2.1"}
    done = Place(passable / "figures-open").run("serve", "--port", "0", **own)
    assert (done.returncode, "192.0.2.1 can be reached by others" in one_clear_line(done)) == (3, True)


def test_a_port_that_is_taken_is_one_clear_line(passable: Path):
    place = Place(passable / "figures-taken")
    with place.serving() as (_, address):
        done = place.run("serve", "--port", "0", AS_CMS_METRICS_PORT=address.rpartition(":")[2])
    assert (done.returncode, "cannot listen on 127.0.0.1" in one_clear_line(done)) == (1, True)

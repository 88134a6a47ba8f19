"""SolaxCloud's limits: blocks are remembered, requests are counted, and a full disk hides no battery."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solarctl.clock import SystemClock
from solarctl.context import Context
from solarctl.drivers.solax_cloud import SHARED_S
from solarctl.drivers.solax_quota import PER_MINUTE, Quota, block_min
from solarctl.errors import DeviceError, DeviceLoginError, DeviceUnreachable, StateError
from solarctl.readings import BatteryReading
from solarctl.settings import Secret
from solarctl.state import StateFile
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from tests.drivers.conftest import KYIV
from tests.drivers.solax.opening import V2, opened, run_of, vendor
from tests.fakes import FakeClock, MemoryStore, context


@pytest.mark.parametrize(("fault", "minutes"), [("rate-minute", 1), ("rate-5min", 5), ("hour-block", 60)])
def test_a_block_is_remembered(cloud: Cloud, clock: FakeClock, fault: str, minutes: int) -> None:
    """After too many requests no run of any command calls before the block ends; then the next one does."""
    store = MemoryStore()
    cloud.faults.set(fault, True, times=1)
    with pytest.raises(DeviceUnreachable) as first:
        opened(cloud, run_of(clock, store)).read_battery()
    until = first.value.retry_at
    assert until is not None
    assert abs(until - clock.now() - timedelta(minutes=minutes)) < timedelta(seconds=2)
    assert ("accounts", "solax") in store.vital

    clock.advance(minutes * 60 - 5)
    asked = len(cloud.journal)
    with pytest.raises(DeviceUnreachable, match=f"{until.astimezone(KYIV):%H:%M}"):
        opened(cloud, run_of(clock, store)).read_battery()
    assert len(cloud.journal) == asked

    clock.advance(10)
    cloud.limiter.blocked_until = None
    assert opened(cloud, run_of(clock, store)).read_battery().soc_pct is not None


def test_a_long_block_is_cut_short(cloud: Cloud, clock: FakeClock) -> None:
    """Whatever a server asks for, after two hours we look again: the grid may depend on it."""
    store = MemoryStore()
    cloud.faults.set("http-429", 86_000, times=1)
    for _ in range(2):
        with pytest.raises(DeviceUnreachable):
            opened(cloud, run_of(clock, store)).read_battery()
    assert len(cloud.journal) == 1
    clock.advance(2 * 3600 + 1)
    assert opened(cloud, run_of(clock, store)).read_battery().soc_pct is not None


def test_retry_after_is_remembered(cloud: Cloud, clock: FakeClock) -> None:
    """HTTP 429 counts as a block too."""
    store = MemoryStore()
    cloud.faults.set("http-429", 600, times=1)
    for _ in range(2):
        with pytest.raises(DeviceUnreachable):
            opened(cloud, run_of(clock, store)).read_battery()
    assert len(cloud.journal) == 1


def test_a_block_from_a_clock_gone_wrong_is_ignored(cloud: Cloud, clock: FakeClock) -> None:
    """A block that ends in years was written by a clock that was wrong; it must not keep the grid away."""
    store = MemoryStore()
    store.put("accounts", "solax", {"blocked_until": "2038-01-19T03:14:07+00:00"})
    assert opened(cloud, run_of(clock, store)).read_battery().soc_pct is not None


@pytest.mark.parametrize(
    "stored", [{"blocked_until": 5}, {"requests": "x", "requests_of_day": "y"}, {"requests": [None]}]
)
def test_a_damaged_memory_does_no_harm(cloud: Cloud, clock: FakeClock, stored: dict[str, Any]) -> None:
    """What the store holds may be anything."""
    store = MemoryStore()
    store.put("accounts", "solax", stored)
    store.put("devices", "inverter", {"answer": [1]})
    assert opened(cloud, run_of(clock, store)).read_battery().soc_pct is not None


def test_a_steady_minute_stays_below_the_limit(cloud: Cloud, clock: FakeClock) -> None:
    """Many runs in one minute never provoke the cloud: then the last answer serves, with its own time."""
    store = MemoryStore()
    readings = [opened(cloud, run_of(clock, store)).read_battery() for _ in range(30)]
    assert len(cloud.journal) == PER_MINUTE
    assert {reading.at for reading in readings} == {readings[0].at}
    clock.advance(61)
    opened(cloud, run_of(clock, store)).read_battery()
    assert len(cloud.journal) == PER_MINUTE + 1


def looking(clock: FakeClock, store: Any) -> Context:
    """Return the context of a run that decides nothing, such as `record`."""
    run = run_of(clock, store)
    run.only_looks()
    return run


def test_who_only_looks_takes_the_answer_of_a_moment_ago(cloud: Cloud, clock: FakeClock) -> None:
    """However many such runs a minute has, it costs one request; each reading tells the upload's own time."""
    store = MemoryStore()
    first = opened(cloud, run_of(clock, store)).read_battery()
    for _ in range(5):
        clock.advance(8)
        reading = opened(cloud, looking(clock, store)).read_battery()
        assert (reading.at, reading.soc_pct) == (first.at, first.soc_pct)
    assert len(cloud.journal) == 1
    clock.advance(SHARED_S)
    opened(cloud, looking(clock, store)).read_battery()
    assert len(cloud.journal) == 2


def test_who_decides_asks(cloud: Cloud, clock: FakeClock) -> None:
    """A rule never acts on what another run has heard before it began."""
    store = MemoryStore()
    for count in range(1, 4):
        opened(cloud, run_of(clock, store)).read_battery()
        assert len(cloud.journal) == count
        clock.advance(1)


class TakingTurns(MemoryStore):
    """A store whose lock another run holds first, and asks meanwhile."""

    def __init__(self, other: Callable[[], object]) -> None:
        super().__init__()
        self._other: Callable[[], object] | None = other

    @contextmanager
    def lock(self, name: str, *, timeout_s: float) -> Iterator[None]:
        other, self._other = self._other, None
        if other is not None:
            other()
        with super().lock(name, timeout_s=timeout_s):
            yield


def test_two_runs_at_once_ask_once(cloud: Cloud, clock: FakeClock) -> None:
    """cron starts all lines of a minute together: who waits while another asks takes the answer that came then."""

    def other() -> None:
        clock.advance(0.5)
        opened(cloud, run_of(clock, store)).read_battery()

    store = TakingTurns(other)
    assert opened(cloud, run_of(clock, store)).read_battery().soc_pct is not None
    assert len(cloud.journal) == 1


def test_an_answer_to_another_question_is_not_shared(cloud: Cloud, clock: FakeClock) -> None:
    """Whoever has changed token or interface learns at once whether it is right."""
    store = MemoryStore()
    opened(cloud, looking(clock, store)).read_battery()
    with pytest.raises(DeviceLoginError):
        opened(cloud, looking(clock, store), token=Secret("wrong")).read_battery()
    opened(cloud, looking(clock, store), "v1").read_battery()
    assert len(cloud.journal) == 3


def test_a_failure_is_not_shared(cloud: Cloud, clock: FakeClock) -> None:
    """What could not be read is asked for again by the next command."""
    store = MemoryStore()
    cloud.faults.set("http-503", times=2)
    with pytest.raises(DeviceUnreachable):
        opened(cloud, run_of(clock, store)).read_battery()
    assert opened(cloud, looking(clock, store)).read_battery().soc_pct is not None


def test_what_never_reached_the_cloud_does_not_count(cloud: Cloud, clock: FakeClock, api: str) -> None:
    """However often the connection is refused, that is what is said, and the requests are left for later."""
    store, url = MemoryStore(), cloud.url
    cloud.stop()
    for _ in range(2 * PER_MINUTE):
        with pytest.raises(DeviceUnreachable, match="refuses connections"):
            opened(cloud, run_of(clock, store), api, base_url=url).read_battery()
    assert (store.get("accounts", "solax")["requests"], store.get("accounts", "solax")["requests_of_day"]) == ([], 0)


def test_what_broke_off_counts(cloud: Cloud, clock: FakeClock) -> None:
    """A request that the cloud may have seen is counted, answered or not."""
    store = MemoryStore()
    cloud.faults.set("torn", times=1)
    opened(cloud, run_of(clock, store)).read_battery()
    assert len(store.get("accounts", "solax")["requests"]) == len(cloud.journal) == 2


def test_the_day_has_a_limit_too(cloud: Cloud, clock: FakeClock) -> None:
    """10 000 requests a day are the vendor's limit; without a kept answer the run says so."""
    store = MemoryStore()
    store.put("accounts", "solax", {"day": f"{clock.now().astimezone(UTC):%Y-%m-%d}", "requests_of_day": 9_500})
    with pytest.raises(DeviceUnreachable, match="used up"):
        opened(cloud, run_of(clock, store)).read_battery()
    assert not cloud.journal


class FullDisk(MemoryStore):
    """A store that cannot be read or written."""

    def get(self, kind: str, name: str) -> Any:
        raise StateError("state.json cannot be read")

    def put(self, kind: str, name: str, value: Any, *, vital: bool = False) -> None:
        raise StateError("no space left on device")

    def lock(self, name: str, *, timeout_s: float) -> Any:
        raise StateError("no space left on device")


def test_a_full_disk_hides_no_battery(cloud: Cloud, clock: FakeClock) -> None:
    """The charge is read even when nothing can be remembered."""
    driver = opened(cloud, run_of(clock, FullDisk()))
    assert driver.read_battery().soc_pct is not None


def test_block_texts() -> None:
    """The wait follows the text, since codes vary."""
    assert block_min("Request calls within the current minute > threshold", 104) == 1
    assert block_min("exceed the maximum call threshold [limit]", 104) == 5
    assert block_min("the system will prohibit calls within the next hour", 1) == 60
    assert block_min("operation success", 0) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = ("acpower", "feedinpower", "batPower", "soc", "batStatus", "powerdc1", "uploadTime", "utcDateTime")
RESULT = JSON | st.dictionaries(st.sampled_from(KEYS), JSON | st.integers(-10, 200), max_size=8)
ENVELOPE = JSON | st.fixed_dictionaries(
    {"success": st.booleans() | JSON},
    optional={"result": RESULT, "exception": JSON, "code": JSON | st.sampled_from((103, 104, 1003, "2001"))},
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=ENVELOPE)
def test_no_answer_breaks_out(answer: Any) -> None:
    """Whatever SolaxCloud sends, only readings and DeviceErrors come out."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as canned:
        canned.post(V2, body=json.dumps(answer), content_type="application/json")
        driver = vendor(run_of(FakeClock()))
        for read in (driver.read_grid, driver.read_solar, driver.read_load, driver.read_battery):
            try:
                reading = read()
            except DeviceError:
                continue
            assert reading.at.tzinfo is not None
            for name, value in reading.values().items():
                assert value is None or isinstance(value, float), name


def test_ages_survive_the_end_of_summer_time() -> None:
    """In the hour that comes twice a reading of ten minutes ago is ten minutes old."""
    reading = BatteryReading(at=datetime(2026, 10, 25, 3, 55, tzinfo=KYIV), soc_pct=50)
    now = datetime(2026, 10, 25, 3, 5, tzinfo=KYIV, fold=1)
    assert reading.age_s(now) == 600
    assert reading.is_fresh(now, 20)


def test_parallel_runs_share_the_minute(clock: FakeClock, tmp_path: Path) -> None:
    """Runs that start in the same second, each with its own view of the state file, stay below the limit together."""
    outcomes: list[bool] = []

    def take() -> None:
        store = StateFile(tmp_path / "state", SystemClock()).store(dry_run=False)
        try:
            Quota("solax", context(clock=clock, store=store)).take()
        except DeviceUnreachable:
            outcomes.append(False)
        else:
            outcomes.append(True)

    threads = [threading.Thread(target=take) for _ in range(PER_MINUTE + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True] * PER_MINUTE

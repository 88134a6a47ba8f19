"""SolaxCloud against its emulator: signs, time, silence, errors, and a quota that all runs share."""

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
from solarctl.drivers.solax_cloud import SHARED_S, SolaxAccount, SolaxCloud
from solarctl.drivers.solax_quota import PER_MINUTE, Quota, block_min
from solarctl.errors import DeviceError, DeviceLoginError, DeviceReplyError, DeviceUnreachable, StateError
from solarctl.readings import BatteryReading
from solarctl.settings import Secret
from solarctl.state import StateFile
from solarctl.virtualhome.emulators.solax_cloud import TOKEN
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from solarctl.virtualhome.house import House
from tests.drivers.conftest import KYIV
from tests.drivers.contracts import BatteryMeterContract, GridMeterContract, LoadMeterContract, SolarMeterContract
from tests.fakes import FakeBudget, FakeClock, MemoryStore, context, next_run

V2 = "https://global.solaxcloud.com/api/v2/dataAccess/realtimeInfo/get"


@pytest.fixture(params=["v2", "v1"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cloud(home: House, clock: FakeClock) -> Iterator[Cloud]:
    emulator = Cloud(home, clock, timezone=KYIV).start()
    yield emulator
    emulator.stop()


def opened(cloud: Cloud, run: Context, api: str = "v2", **account: Any) -> SolaxCloud:
    """Return the inverter as one run sees it."""
    values = {"token": Secret(TOKEN), "api": api} | account
    if "base_url" not in values:
        values["base_url"] = cloud.url  # while it is there
    solax = SolaxAccount("solax", SolaxAccount.Settings(**values), run)
    run.shared["accounts"] = {"solax": solax}
    return SolaxCloud("inverter", SolaxCloud.Settings(account="solax", serial=cloud.serial), run)


def run_of(clock: FakeClock, store: Any = None, **more: Any) -> Context:
    """Return the context of a run whose accounts are opened in it."""
    shared: dict[str, Any] = {}
    run = context(clock=clock, timezone=KYIV, shared=shared, account=lambda name: shared["accounts"][name], **more)
    return run if store is None else next_run(run, store=store, account=run.account, shared=shared)


@pytest.fixture
def run(clock: FakeClock) -> Context:
    return run_of(clock)


@pytest.fixture
def driver(cloud: Cloud, run: Context, api: str) -> SolaxCloud:
    return opened(cloud, run, api)


@pytest.fixture
def silent(cloud: Cloud, run: Context, api: str) -> SolaxCloud:
    found = opened(cloud, run, api)
    cloud.stop()
    return found


class TestContracts(GridMeterContract, SolarMeterContract, LoadMeterContract, BatteryMeterContract):
    """SolaxCloud as four meters, by both interfaces."""

    @pytest.fixture
    def importing_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(grid_w=power_w, solar_w=3000, battery_w=0, load_w=3000 + power_w)

    @pytest.fixture
    def producing_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(solar_w=power_w, grid_w=0, battery_w=500, load_w=500 + power_w)

    @pytest.fixture
    def consuming_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(load_w=power_w, solar_w=3416, battery_w=17, grid_w=power_w - 3433)

    @pytest.fixture
    def charged_pct(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda soc_pct: cloud.pin(soc_pct=soc_pct)

    @pytest.fixture
    def discharging_w(self, cloud: Cloud) -> Callable[[float], None]:
        return lambda power_w: cloud.pin(battery_w=power_w, solar_w=2000, grid_w=0, load_w=2000 + power_w)


def test_one_request_serves_all_meters(driver: SolaxCloud, cloud: Cloud) -> None:
    """A run asks SolaxCloud once, whatever it reads, and the house's balance holds."""
    cloud.pin(solar_w=3416, battery_w=17, grid_w=-2860, load_w=573)
    grid, solar, load, battery = (
        driver.read_grid(),
        driver.read_solar(),
        driver.read_load(),
        driver.read_battery(),
    )
    assert len(cloud.journal) == 1
    assert battery.battery_w is not None
    assert load.load_w == pytest.approx(grid.grid_w + solar.solar_w + battery.battery_w, abs=3)


def test_one_request_even_when_it_fails(driver: SolaxCloud, cloud: Cloud) -> None:
    """A failed answer is not asked for again by the next meter of the same run."""
    cloud.faults.set("html-200")
    for read in (driver.read_grid, driver.read_battery):
        with pytest.raises(DeviceReplyError):
            read()
    assert len(cloud.journal) == 1


def test_a_long_command_asks_again(cloud: Cloud, clock: FakeClock) -> None:
    """A command that runs for minutes does not live on its first answer."""
    driver = opened(cloud, run_of(clock, budget=FakeBudget()))
    driver.read_grid()
    clock.advance(301)
    driver.read_grid()
    assert len(cloud.journal) == 2


def test_the_time_is_the_uploads(driver: SolaxCloud, cloud: Cloud) -> None:
    """A reading bears the moment of the upload, in the site's zone, by v2's UTC and by v1's wall clock."""
    reading = driver.read_battery()
    assert reading.at == cloud.upload().at.replace(microsecond=0)
    assert reading.at.tzinfo is KYIV


def test_a_frozen_upload_grows_old(cloud: Cloud, clock: FakeClock, api: str) -> None:
    """A dead dongle's last values keep their time, so that rules see how old they are."""
    first = opened(cloud, run_of(clock), api).read_battery()
    cloud.faults.set("frozen-upload")
    clock.advance(3 * 3600)
    again = opened(cloud, run_of(clock), api).read_battery()
    assert again.at == first.at
    assert not again.is_fresh(clock.now(), 20)


@pytest.mark.parametrize(
    "fault", ["null-soc", "missing-soc", "soc-minus-one", "soc-101", "battery-disconnected", "nulls"]
)
def test_no_charge_is_no_number(driver: SolaxCloud, cloud: Cloud, fault: str) -> None:
    """Null, outside 0-100, or no battery: no charge is known, never 0 %."""
    cloud.faults.set(fault)
    assert driver.read_battery().soc_pct is None


@pytest.mark.parametrize("value", ["", "n/a", [], {}, True, "NaN", "1e999", -0.1, 100.5])
def test_odd_charges_are_no_number(driver: SolaxCloud, cloud: Cloud, value: object) -> None:
    """Whatever stands in soc, only a number from 0 to 100 counts."""
    cloud.faults.set("soc-value", value)
    assert driver.read_battery().soc_pct is None


def test_an_empty_battery_is_a_reading(driver: SolaxCloud, cloud: Cloud) -> None:
    """0 % with a good answer is a really empty battery: the grid must come."""
    cloud.pin(soc_pct=0)
    assert driver.read_battery().soc_pct == 0


def test_numbers_as_text(driver: SolaxCloud, cloud: Cloud) -> None:
    """Numbers that come as text are read as numbers."""
    cloud.pin(soc_pct=42, grid_w=-100, solar_w=700, load_w=600, battery_w=0)
    cloud.faults.set("numbers-as-text")
    assert driver.read_battery().soc_pct == 42
    assert driver.read_grid().grid_w == -100


def test_more_keys_do_no_harm(driver: SolaxCloud, cloud: Cloud) -> None:
    """The longer list of newer inverters reads the same."""
    cloud.pin(soc_pct=42)
    cloud.faults.set("extended")
    assert driver.read_battery().soc_pct == 42


def test_missing_powers_are_nonsense(driver: SolaxCloud, cloud: Cloud) -> None:
    """A meter without its value says so instead of 0 W."""
    cloud.faults.set("nulls")
    for read in (driver.read_grid, driver.read_solar, driver.read_load):
        with pytest.raises(DeviceReplyError):
            read()


@pytest.mark.parametrize(
    ("acpower", "battery", "solar_w"), [(285.0, -300.0, 0.0), (1700.0, 300.0, 2000.0)], ids=["night", "day"]
)
@responses.activate
def test_strings_that_are_null(run: Context, acpower: float, battery: float, solar_w: float) -> None:
    """Where no string is told, the panels' power is what the inverter gives and the battery takes."""
    answer = {"acpower": acpower, "batPower": battery, "powerdc1": None, "uploadTime": "2026-06-21 12:00:00"}
    responses.post(V2, json={"success": True, "result": answer, "code": 0})
    assert vendor(run).read_solar().solar_w == solar_w


def vendor(run: Context, serial: str = "SWXXXXXXXX", **device: Any) -> SolaxCloud:
    """Return the driver pointed at the vendor's own host, for canned answers."""
    account = SolaxAccount("solax", SolaxAccount.Settings(token=Secret(TOKEN)), run)
    run.shared["accounts"] = {"solax": account}
    return SolaxCloud("inverter", SolaxCloud.Settings(account="solax", serial=serial, **device), run)


@pytest.mark.parametrize(
    ("upload", "utc", "expected"),
    [
        ("2026-06-21 12:00:00", "2026-06-21T09:00:00Z", "2026-06-21T09:00:00+00:00"),
        ("2026-06-21 12:00:00", None, "2026-06-21T09:00:00+00:00"),
        ("2026-06-21 12:00:00", "0001-01-01T00:00:00Z", "2026-06-21T09:00:00+00:00"),
        (
            "2026-06-21 12:00:00",
            "2026-06-21T15:00:00Z",
            "2026-06-21T09:00:00+00:00",
        ),  # UTC from the future: not believed
        ("2026-06-21 12:00:00", 1700000000, "2026-06-21T09:00:00+00:00"),
        (None, "2026-06-21T09:00:00Z", "2026-06-21T09:00:00+00:00"),
        ("2026-06-18 12:00:00", "2026-06-18T09:00:00Z", "2026-06-18T09:00:00+00:00"),
        ("2025-10-26 03:30:00", None, "2025-10-26T00:30:00+00:00"),  # the hour that comes twice: the older one
    ],
)
@responses.activate
def test_which_time_is_believed(run: Context, upload: object, utc: object, expected: str) -> None:
    """v2's UTC when it can be true, else the plant's wall clock in the site's zone."""
    answer = {"soc": 50, "uploadTime": upload, "utcDateTime": utc}
    responses.post(V2, json={"success": True, "result": answer})
    assert vendor(run).read_battery().at.astimezone(UTC) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("fault", ["year-0001", "no-dates", "odd-dates"])
def test_without_a_time_there_is_no_reading(driver: SolaxCloud, cloud: Cloud, fault: str) -> None:
    """Values that nobody can date are not used."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError, match="when"):
        driver.read_battery()


@pytest.mark.parametrize(
    ("fault", "value", "kind"),
    [
        ("no-auth", True, DeviceLoginError),
        ("token-invalid", True, DeviceLoginError),
        ("error-code", 1001, DeviceLoginError),
        ("error-code", 1002, DeviceLoginError),
        ("error-code", 1003, DeviceLoginError),
        ("error-code", 1004, DeviceReplyError),
        ("error-code", 2001, DeviceUnreachable),
        ("error-code", 2002, DeviceUnreachable),
        ("result-null", True, DeviceUnreachable),
        ("result-list", True, DeviceReplyError),
        ("result-text", True, DeviceLoginError),
        ("http-500", True, DeviceUnreachable),
        ("http-503", True, DeviceUnreachable),
        ("torn", True, DeviceUnreachable),
        ("html-200", True, DeviceReplyError),
        ("half-json", True, DeviceReplyError),
        ("empty-body", True, DeviceReplyError),
        ("redirect", True, DeviceReplyError),
        ("rate-minute", 104, DeviceUnreachable),
        ("rate-minute", 3, DeviceUnreachable),
        ("rate-5min", True, DeviceUnreachable),
        ("hour-block", True, DeviceUnreachable),
        ("http-429", 90, DeviceUnreachable),
    ],
)
def test_errors_are_told_apart(
    driver: SolaxCloud, cloud: Cloud, fault: str, value: object, kind: type[DeviceError]
) -> None:
    """Each of the cloud's ways to fail says what a person must do, and never shows the token."""
    cloud.faults.set(fault, value)
    with pytest.raises(kind) as caught:
        driver.read_battery()
    assert TOKEN not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("fault", ["no-auth", "error-code"])
def test_the_wrong_serial_is_explained(driver: SolaxCloud, cloud: Cloud, fault: str) -> None:
    """The commonest mistake, the inverter's serial for the dongle's, is named."""
    cloud.faults.set(fault, 1003)
    with pytest.raises(DeviceLoginError) as caught:
        driver.read_battery()
    assert "dongle" in caught.value.hint


def test_the_token_never_leaves_by_a_redirection(driver: SolaxCloud, cloud: Cloud) -> None:
    """A redirection is reported, not followed with the token."""
    cloud.faults.set("redirect")
    with pytest.raises(DeviceReplyError, match="not followed"):
        driver.read_battery()
    assert len(cloud.journal) == 1


def test_logs_show_no_token(cloud: Cloud, clock: FakeClock, api: str) -> None:
    """-vv shows the request and the answer, without the token, even when the cloud echoes it."""
    lines: list[str] = []
    driver = opened(cloud, run_of(clock, log=lines.append), api)
    cloud.faults.set("token-invalid")
    with pytest.raises(DeviceLoginError):
        driver.read_battery()
    assert any(cloud.serial in line for line in lines)
    assert not any(TOKEN in line for line in lines)


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

"""Tuya against its emulator: tokens by themselves, commands seen to work, errors that say what to click."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.context import Context
from solarctl.drivers.tuya import TuyaSwitch
from solarctl.drivers.tuya_account import HOSTS, TuyaAccount
from solarctl.drivers.tuya_errors import MEANINGS, TRANSIENT_CODES
from solarctl.errors import (
    BusyError,
    DeviceError,
    DeviceLoginError,
    DeviceRefused,
    DeviceReplyError,
    DeviceUnreachable,
    StateError,
)
from solarctl.settings import Secret
from solarctl.virtualhome.emulator import Request, Response
from solarctl.virtualhome.emulators.tuya import CLIENT_ID, CLIENT_SECRET, LAMP_ID, RELAY_ID, Tuya
from solarctl.virtualhome.house import House
from tests.drivers.contracts import DataPointsContract, SwitchContract, TokenHolderContract
from tests.fakes import FakeBudget, FakeClock, MemoryStore, MemoryTokens, context


class Runs:
    """Runs that follow each other: one store, one set of tokens, one clock."""

    def __init__(self, cloud: Tuya, clock: FakeClock) -> None:
        self.cloud = cloud
        self.clock = clock
        self.store = MemoryStore()
        self.tokens = MemoryTokens()
        self.lines: list[str] = []
        self.base_url = cloud.url

    def context(self, **overrides: Any) -> Context:
        shared: dict[str, Any] = {}
        parts = {"store": self.store, "tokens": self.tokens, "clock": self.clock, "log": self.lines.append}
        return context(account=lambda _name: shared["account"], shared=shared, **(parts | overrides))

    def account(self, run: Context | None = None) -> TuyaAccount:
        run = run or self.context()
        about = TuyaAccount.Settings(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET), base_url=self.base_url)
        found = TuyaAccount("tuya", about, run)
        run.shared["account"] = found
        return found

    def relay(self, code: str = "", device_id: str = RELAY_ID, **overrides: Any) -> TuyaSwitch:
        """Return the relay as a new run sees it."""
        run = self.context(**overrides)
        self.account(run)
        about = TuyaSwitch.Settings(account="tuya", device_id=device_id, code=code)
        return TuyaSwitch("grid-relay", about, run)

    def asked(self, since: int = 0) -> list[str]:
        """Return the requests as "METHOD /path"."""
        return [f"{one.method} {one.path}" for one in self.cloud.journal[since:]]

    def token_calls(self) -> int:
        return sum("/v1.0/token" in line for line in self.asked())


@pytest.fixture
def cloud(home: House, clock: FakeClock) -> Iterator[Tuya]:
    emulator = Tuya(home, clock).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def runs(cloud: Tuya, clock: FakeClock) -> Runs:
    return Runs(cloud, clock)


@pytest.fixture
def driver(runs: Runs) -> TuyaSwitch:
    return runs.relay(budget=FakeBudget())


@pytest.fixture
def silent(runs: Runs, cloud: Tuya) -> TuyaSwitch:
    cloud.stop()
    return runs.relay()


class TestRelay(SwitchContract, DataPointsContract):
    """A relay as a switch, and its raw data points."""

    @pytest.fixture
    def is_on(self, home: House) -> Callable[[], bool]:
        return lambda: home.grid.connected

    @pytest.fixture
    def writes(self, cloud: Tuya) -> Callable[[], int]:
        return lambda: cloud.api.writes

    @pytest.fixture
    def data_point(self) -> tuple[str, object]:
        return "relay_status", "power_on"


class TestTokens(TokenHolderContract):
    """The cloud project as a holder of tokens."""

    @pytest.fixture
    def holder(self, runs: Runs) -> TuyaAccount:
        return runs.account(runs.context(budget=FakeBudget()))

    @pytest.fixture
    def reopened(self, runs: Runs) -> Callable[[], TuyaAccount]:
        return runs.account

    @pytest.fixture
    def service_silent(self, cloud: Tuya) -> Callable[[], None]:
        return lambda: cloud.faults.set("torn")


# --- requests ---------------------------------------------------------------------------------------------


def test_a_steady_run_costs_one_request(runs: Runs) -> None:
    """With a token at hand, looking at the relay is one request; the first run ever needs one more for the token."""
    runs.relay().read_switch()
    assert len(runs.asked()) == 2
    before = len(runs.asked())
    runs.relay().read_switch()
    assert runs.asked(before) == [f"GET /v1.0/devices/{RELAY_ID}"]


def test_opening_costs_nothing(runs: Runs) -> None:
    """Constructors ask nobody."""
    runs.relay()
    assert runs.asked() == []


def test_switching_costs_a_command_and_a_look(runs: Runs) -> None:
    """A relay that obeys is looked at until its report has come, not longer."""
    runs.relay().read_switch()
    before = len(runs.asked())
    assert runs.relay().switch(True) is True
    assert runs.asked(before) == [
        f"POST /v1.0/iot-03/devices/{RELAY_ID}/commands",
        f"GET /v1.0/devices/{RELAY_ID}",
        f"GET /v1.0/devices/{RELAY_ID}",
    ]
    assert sum(runs.clock.slept) == 2


# --- tokens -----------------------------------------------------------------------------------------------


def test_hours_of_runs_need_few_tokens(runs: Runs) -> None:
    """A run every five minutes renews the token by itself, about once in its two hours."""
    for _ in range(0, 8 * 60, 5):
        runs.relay().read_switch()
        runs.clock.advance(300)
    assert runs.token_calls() <= 9


def test_a_token_that_died_early(runs: Runs, cloud: Tuya) -> None:
    """ "token invalid" in the middle of a token's life: a new one, the call once more, and nobody notices."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    assert runs.relay().read_switch().on is False
    assert runs.token_calls() == 2


def test_a_command_survives_a_dead_token(runs: Runs, cloud: Tuya, home: House) -> None:
    """The relay is switched even when the token died since the last run."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    assert runs.relay().switch(True) is True
    assert home.grid.connected


class JustOvertaken(MemoryTokens):
    """Tokens that another process replaces right after the first look."""

    def __init__(self, seen: Any, stored: Any) -> None:
        super().__init__(stored)
        self.seen = [seen]

    def get(self, account: str) -> Any:
        return self.seen.pop() if self.seen else super().get(account)


def test_another_processs_token_is_taken(runs: Runs) -> None:
    """A token that another process has stored meanwhile is used instead of a further one."""
    runs.relay().read_switch()
    spent = runs.tokens.get("tuya")
    runs.account().refresh_token()
    before = runs.token_calls()
    tokens = JustOvertaken(spent, runs.tokens.stored)
    assert runs.relay(tokens=tokens).read_switch().on is False
    assert runs.token_calls() == before


def test_a_token_that_never_works_ends(runs: Runs, cloud: Tuya) -> None:
    """Tokens that are dead on arrival are not asked for again and again."""
    cloud.faults.set("business-error", 1010)
    with pytest.raises(DeviceLoginError) as caught:
        runs.relay().read_switch()
    assert "project" in caught.value.hint
    assert len(runs.asked()) <= 6


@pytest.mark.parametrize("fault", ["empty-token", "no-result"])
def test_a_failed_answer_never_replaces_a_token(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A token call that succeeds without a token leaves the stored one alone."""
    runs.relay().read_switch()
    before = runs.tokens.get("tuya")
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError):
        runs.account().refresh_token()
    assert runs.tokens.get("tuya") == before


def test_a_refused_refresh_starts_anew(runs: Runs, cloud: Tuya) -> None:
    """A refresh token that was spent already is no reason to fail: a new start needs nothing but the secret."""
    account = runs.account()
    account.refresh_token()
    cloud.faults.set("refresh-fails")
    assert account.refresh_token() > runs.clock.now()


@pytest.mark.parametrize("code", [1004, 1005])
def test_a_wrong_secret(runs: Runs, cloud: Tuya, code: int) -> None:
    """4xx-like refusals of the token service ask for the secret, and keep what is stored."""
    runs.account().refresh_token()
    before = runs.tokens.get("tuya")
    cloud.faults.set("token-error", code)
    with pytest.raises(DeviceLoginError) as caught:
        runs.account().refresh_token()
    assert "client_secret" in caught.value.hint
    assert runs.tokens.get("tuya") == before


@pytest.mark.parametrize("fault", ["http-500", "http-502"])
def test_a_service_out_of_order(runs: Runs, cloud: Tuya, fault: str) -> None:
    """5xx of the token service means try again."""
    runs.account().refresh_token()
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        runs.account().refresh_token()


@pytest.mark.parametrize("broken", [StateError("no space left on device"), BusyError("state.json is in use")])
def test_supply_comes_before_bookkeeping(runs: Runs, home: House, broken: Exception) -> None:
    """When no token can be stored, one is used unsaved, and the trouble is known."""
    tokens = MemoryTokens(broken=broken)
    relay = runs.relay(tokens=tokens)
    assert relay.switch(True) is True
    assert home.grid.connected
    assert relay._account.state_trouble is broken
    assert runs.token_calls() == 1


def test_a_renewal_that_cannot_be_kept_spends_nothing(runs: Runs) -> None:
    """Renewing ahead of time on a full disk says so, and asks Tuya for nothing."""
    runs.account().refresh_token()
    before = runs.token_calls()
    runs.tokens.broken = StateError("no space left on device")
    with pytest.raises(StateError):
        runs.account().refresh_token()
    assert runs.token_calls() == before


def test_a_dead_token_that_cannot_be_replaced_on_disk(runs: Runs, cloud: Tuya, home: House) -> None:
    """The stored token is dead and the disk is full: the relay is switched all the same."""
    runs.relay().read_switch()
    cloud.rotate_elsewhere()
    tokens = MemoryTokens(runs.tokens.stored, broken=StateError("no space left on device"))
    assert runs.relay(tokens=tokens).switch(True) is True
    assert home.grid.connected


class Unreadable(MemoryTokens):
    """A state that cannot even be read."""

    def get(self, account: str) -> Any:
        raise StateError("state.json belongs to another user")

    def renew(self, account: str, stale: Any, fetch: Any) -> Any:
        raise StateError("state.json belongs to another user")


class UnreadableStore(MemoryStore):
    """The same for what drivers remember."""

    def get(self, kind: str, name: str) -> Any:
        raise StateError("state.json belongs to another user")

    def put(self, kind: str, name: str, value: Any, *, vital: bool = False) -> None:
        raise StateError("state.json belongs to another user")


def test_an_unreadable_state(runs: Runs, home: House) -> None:
    """Neither token nor memory can be read: the relay is switched all the same."""
    assert runs.relay(tokens=Unreadable(), store=UnreadableStore()).switch(True) is True
    assert home.grid.connected


@pytest.mark.parametrize(
    "stored",
    [{}, {"access_token": ""}, {"access_token": 7, "expires_at": "soon"}, {"access_token": "x", "client_id": "other"}],
)
def test_a_useless_stored_token(runs: Runs, stored: dict[str, Any]) -> None:
    """Whatever is stored: if it is no token of this project, a new one is fetched."""
    runs.tokens.stored["tuya"] = stored
    assert runs.relay().read_switch().on is False


@pytest.mark.parametrize("skew_s", [-3600, 900])
def test_a_wrong_clock_is_made_up_for(runs: Runs, cloud: Tuya, skew_s: float) -> None:
    """Tuya's time is learned from its answer, and remembered for the next run."""
    cloud.faults.set("skewed-clock", skew_s)
    assert runs.relay().read_switch().on is False
    before = len(runs.asked())
    runs.relay().read_switch()
    assert len(runs.asked()) == before + 1


def test_a_clock_that_cannot_be_learned(runs: Runs, cloud: Tuya) -> None:
    """Without the server's time in its answer, the computer's clock must be set."""
    cloud.faults.set("skewed-clock", 900)
    cloud.faults.set("missing-t")
    with pytest.raises(DeviceUnreachable) as caught:
        runs.relay().read_switch()
    assert "clock" in caught.value.hint


# --- the relay --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["switch_1", "switch", "switch_on", "switch_2"])
def test_the_code_is_found_out(home: House, clock: FakeClock, code: str) -> None:
    """The relay's data point need not be configured, and is looked for once only."""
    cloud = Tuya(home, clock, switch_code=code).start()
    try:
        runs = Runs(cloud, clock)
        assert runs.relay().switch(True) is True
        assert home.grid.connected
        assert runs.store.get("devices", "grid-relay")["code"] == code
        before = len(runs.asked())
        runs.relay().switch(False)
        assert runs.asked(before)[0].startswith("POST")
    finally:
        cloud.stop()


def test_the_code_from_the_functions(runs: Runs, cloud: Tuya, home: House) -> None:
    """A device that reports no status yet still tells its functions."""
    cloud.faults.set("status-empty", times=1)
    assert runs.relay().switch(True) is True
    assert f"GET /v1.0/iot-03/devices/{RELAY_ID}/functions" in runs.asked()
    assert home.grid.connected


def test_a_configured_code_is_kept_to(runs: Runs, home: House) -> None:
    """A wrong code in the config is an error; no other data point is switched in its place."""
    with pytest.raises(DeviceRefused) as caught:
        runs.relay("switch_9").switch(True)
    assert "code" in caught.value.hint
    assert not home.grid.connected
    with pytest.raises(DeviceReplyError, match="switch_1"):
        runs.relay("switch_9").read_switch()


def test_a_learned_code_that_is_wrong(runs: Runs, home: House) -> None:
    """What was learned of another device is learned again."""
    runs.store.put("devices", "grid-relay", {"code": "switch_7"})
    assert runs.relay().switch(True) is True
    assert runs.store.get("devices", "grid-relay")["code"] == "switch_1"


@pytest.mark.parametrize("code", ["", "switch_1"])
def test_the_older_address(runs: Runs, cloud: Tuya, home: House, code: str) -> None:
    """A device that takes commands only at the older address is served there, at once from the second time on."""
    cloud.faults.set("iot03-refused")
    assert runs.relay(code).switch(True) is True
    before = len(runs.asked())
    assert runs.relay(code).switch(False) is True
    assert runs.asked(before)[0] == f"POST /v1.0/devices/{RELAY_ID}/commands"
    cloud.faults.clear()
    cloud.faults.set("legacy-refused")
    assert runs.relay(code).switch(True) is True


class Mute(Tuya):
    """A cloud that takes commands and tells nothing before the first one, or nothing after it."""

    def __init__(self, home: House, clock: FakeClock, *, mute: str) -> None:
        super().__init__(home, clock)
        self.mute = mute

    def handle(self, request: Request) -> Response:
        if request.method == "GET" and "token" not in request.path:
            commanded = any(one.method == "POST" for one in self.journal)
            if commanded is (self.mute == "after"):
                return Response.html("<html>Bad Gateway</html>", 502)
        return super().handle(request)


@pytest.mark.parametrize(("mute", "confirmed"), [("before", True), ("after", False)])
def test_supply_comes_before_knowledge(home: House, clock: FakeClock, mute: str, confirmed: bool) -> None:
    """Nobody tells which data point the relay is, or whether it moved: the command is sent, its outcome maybe open."""
    cloud = Mute(home, clock, mute=mute).start()
    try:
        assert Runs(cloud, clock).relay(budget=FakeBudget()).switch(True) is confirmed
        home.advance(clock.now())
        assert home.grid.connected
    finally:
        cloud.stop()


@pytest.mark.parametrize("fault", ["offline", "offline-but-true"])
def test_offline(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A relay without power or network is unreachable, whatever its last values say, also when the cloud says yes."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceUnreachable, match="offline"):
        runs.relay().read_switch()
    with pytest.raises(DeviceUnreachable, match="offline"):
        runs.relay("switch_1").switch(True)


@pytest.mark.parametrize("fault", ["ignored-command", "offline-unnoticed"])
def test_accepted_is_not_switched(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A command that the cloud took and the relay did not is refused, after fifteen seconds of looking."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceRefused, match="still reports off"):
        runs.relay().switch(True)
    assert sum(runs.clock.slept) == 15


def test_a_slow_report(runs: Runs, cloud: Tuya) -> None:
    """A report that takes ten seconds is waited for."""
    cloud.faults.set("slow-report", 10)
    assert runs.relay().switch(True) is True


def test_no_time_left_to_look(runs: Runs, home: House) -> None:
    """With the budget spent the command is still pending, not refused; the next run looks."""
    runs.relay().read_switch()
    relay = runs.relay(budget=FakeBudget(0.9, runs.clock))
    assert relay.switch(True) is False


def test_a_command_is_tried_again_when_tuya_is_busy(runs: Runs, cloud: Tuya, home: House) -> None:
    """ "Command issue error" once is no reason to leave the house without the grid."""
    cloud.faults.set("command-error", 1103, times=1)
    assert runs.relay().switch(True) is True
    assert home.grid.connected


def test_the_cloud_says_false(runs: Runs, cloud: Tuya) -> None:
    """Success with result false is a no."""
    cloud.faults.set("false-command")
    with pytest.raises(DeviceRefused):
        runs.relay().switch(True)


@pytest.mark.parametrize("fault", ["null-value", "no-switch", "status-empty"])
def test_no_position(runs: Runs, cloud: Tuya, fault: str) -> None:
    """A position that is missing or null is no position, never off."""
    cloud.faults.set(fault)
    with pytest.raises(DeviceReplyError):
        runs.relay("switch_1").read_switch()


def test_any_data_point(runs: Runs, cloud: Tuya) -> None:
    """Numbers and texts are set as they are, on any device of the project."""
    lamp = runs.relay(device_id=LAMP_ID, budget=FakeBudget())
    assert lamp.set_data_point("bright_value", 300) is True
    assert lamp.set_data_point("work_mode", "colour") is True
    with pytest.raises(DeviceError):
        lamp.set_data_point("bright_value", "very")
    with pytest.raises(DeviceRefused):
        lamp.set_data_point("no_such_code", 1)


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_each_error_says_what_to_do(runs: Runs, cloud: Tuya, code: int) -> None:
    """Every known code becomes its class of error with its code in the text, and what must be clicked in the hint."""
    cloud.faults.set("business-error", code)
    about = MEANINGS[code]
    with pytest.raises(about.kind) as caught:
        runs.relay().read_switch()
    assert type(caught.value) is about.kind
    assert str(code) in caught.value.message
    assert caught.value.hint or code in TRANSIENT_CODES
    assert CLIENT_SECRET not in f"{caught.value} {caught.value.hint}"


def test_code_as_text(runs: Runs, cloud: Tuya) -> None:
    """A code that comes as text means the same."""
    cloud.faults.set("string-code")
    cloud.faults.set("business-error", 28841105)
    with pytest.raises(DeviceLoginError) as caught:
        runs.relay().read_switch()
    assert "authorise" in caught.value.hint


def test_an_unknown_code(runs: Runs, cloud: Tuya) -> None:
    """A code that nobody knows is shown with its text."""
    cloud.faults.set("business-error", 4711)
    with pytest.raises(DeviceRefused, match="4711"):
        runs.relay().read_switch()


def test_a_used_up_quota_is_asked_again_next_run(runs: Runs, cloud: Tuya) -> None:
    """A plan that was extended works at the next run: the quota error is not remembered."""
    cloud.faults.set("account-error", 28841004)
    with pytest.raises(DeviceLoginError, match="used up"):
        runs.relay().read_switch()
    cloud.faults.clear()
    assert runs.relay().read_switch().on is False


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("http-500", DeviceUnreachable),
        ("http-502", DeviceUnreachable),
        ("http-429", DeviceUnreachable),
        ("torn", DeviceUnreachable),
        ("html-200", DeviceReplyError),
        ("empty-body", DeviceReplyError),
        ("half-json", DeviceReplyError),
    ],
)
def test_broken_answers(runs: Runs, cloud: Tuya, fault: str, kind: type[DeviceError]) -> None:
    """A broken answer is an error of the device's, never a traceback."""
    cloud.faults.set(fault)
    with pytest.raises(kind):
        runs.relay().read_switch()
    with pytest.raises(kind):
        runs.relay("switch_1").switch(True)


def test_logs_show_no_secret(runs: Runs) -> None:
    """-vv shows what is asked, without secret, token or signature."""
    relay = runs.relay()
    relay.switch(True)
    runs.account().refresh_token()
    token = runs.tokens.get("tuya") or {}
    text = "\n".join(runs.lines)
    assert RELAY_ID in text
    first = runs.cloud.journal[-1].headers["sign"]
    for secret in (CLIENT_SECRET, token["access_token"], token["refresh_token"], first):
        assert secret not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
STATUS = st.lists(st.fixed_dictionaries({"code": JSON | st.just("switch_1"), "value": JSON}), max_size=3)
RESULT = JSON | st.fixed_dictionaries(
    {}, optional={"online": JSON, "status": STATUS | JSON, "access_token": JSON, "expire_time": JSON}
)
ENVELOPE = JSON | st.fixed_dictionaries(
    {"success": st.booleans() | JSON},
    optional={"result": RESULT, "code": JSON | st.sampled_from((1010, 1013, "2001", 500)), "msg": JSON, "t": JSON},
)


@settings(max_examples=100, deadline=None)
@given(token=ENVELOPE, answer=ENVELOPE)
def test_no_answer_breaks_out(token: Any, answer: Any) -> None:
    """Whatever Tuya sends, only readings, outcomes and DeviceErrors come out."""
    host = HOSTS["eu"]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as canned:
        canned.get(f"{host}/v1.0/token", body=json.dumps(token))
        for path in ("", "/functions", "/commands"):
            for form in ("/v1.0/devices", "/v1.0/iot-03/devices"):
                canned.add("POST" if path == "/commands" else "GET", f"{host}{form}/bf1{path}", body=json.dumps(answer))
        shared: dict[str, Any] = {}
        run = context(shared=shared, account=lambda _name: shared["account"])
        shared["account"] = TuyaAccount(
            "tuya", TuyaAccount.Settings(client_id="c", client_secret=Secret("s" * 32)), run
        )
        relay = TuyaSwitch("relay", TuyaSwitch.Settings(account="tuya", device_id="bf1"), run)
        for act in (
            relay.read_switch,
            lambda: relay.switch(True),
            relay.read_data_points,
            shared["account"].refresh_token,
        ):
            try:
                act()
            except DeviceError:
                continue

"""What Tuya says when it says no, and that nothing it says breaks out."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.drivers.tuya import TuyaSwitch
from solarctl.drivers.tuya_account import HOSTS, TuyaAccount
from solarctl.drivers.tuya_errors import MEANINGS, QUOTA_CODES, TRANSIENT_CODES
from solarctl.errors import (
    DeviceError,
    DeviceLoginError,
    DeviceRefused,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
    Exit,
)
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.tuya import CLIENT_SECRET, RELAY_ID, Tuya
from tests.drivers.tuya.runs import Runs
from tests.fakes import context


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


@pytest.mark.parametrize("code", sorted(QUOTA_CODES))
def test_a_used_up_quota_is_left_alone(runs: Runs, cloud: Tuya, code: int) -> None:
    """No run asks again within the hour, reading or switching; the message has the time; then it is tried once more."""
    runs.relay().read_switch()
    cloud.faults.set("account-error", code)
    with pytest.raises(DeviceUnreachable, match=f"used up.*{runs.at(minutes=60)}.*{code}") as caught:
        runs.relay().read_switch()
    assert caught.value.device == "tuya"
    asked = len(cloud.journal)
    runs.clock.advance(59 * 60)
    for attempt in (lambda: runs.relay().read_switch(), lambda: runs.relay().switch(True)):
        with pytest.raises(DeviceUnreachable, match=runs.at(minutes=1)) as caught:
            attempt()
        assert "extend the trial" in caught.value.hint
    assert len(cloud.journal) == asked
    cloud.faults.clear()
    runs.clock.advance(60)
    assert runs.relay().read_switch().on is False


def test_a_named_pause_is_kept(runs: Runs, cloud: Tuya) -> None:
    """HTTP 429 with a Retry-After: the next run does not call before it is over."""
    runs.relay().read_switch()
    cloud.faults.set("http-429", 600)
    with pytest.raises(DeviceUnreachable):
        runs.relay().read_switch()
    cloud.faults.clear()
    asked = len(cloud.journal)
    with pytest.raises(DeviceUnreachable, match="nothing is asked before"):
        runs.relay().read_switch()
    assert len(cloud.journal) == asked
    runs.clock.advance(601)
    assert runs.relay().read_switch().on is False


@pytest.mark.parametrize("code", [1000, 1106, 1109, 2002, 2007, 2010])
def test_a_wrong_id_or_region_is_for_config_toml(runs: Runs, cloud: Tuya, code: int) -> None:
    """What only another device_id or region can mend is exit 78; a wrong secret stays 77."""
    cloud.faults.set("business-error", code)
    with pytest.raises(DeviceSetupError) as caught:
        runs.relay().read_switch()
    assert caught.value.exit_code == Exit.CONFIG


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

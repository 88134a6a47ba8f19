"""SolaxCloud's errors are told apart, and no token is shown."""

from __future__ import annotations

import pytest

from solarctl.drivers.solax_cloud import SolaxCloud
from solarctl.errors import DeviceError, DeviceLoginError, DeviceReplyError, DeviceSetupError, DeviceUnreachable
from solarctl.virtualhome.emulators.solax_cloud import TOKEN
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from tests.drivers.solax.opening import opened, run_of
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    ("fault", "value", "kind"),
    [
        ("no-auth", True, DeviceSetupError),
        ("token-invalid", True, DeviceLoginError),
        ("error-code", 1001, DeviceLoginError),
        ("error-code", 1002, DeviceSetupError),
        ("error-code", 1003, DeviceSetupError),
        ("error-code", 1004, DeviceReplyError),
        ("error-code", 2001, DeviceUnreachable),
        ("error-code", 2002, DeviceUnreachable),
        ("result-null", True, DeviceUnreachable),
        ("result-list", True, DeviceReplyError),
        ("result-text", True, DeviceSetupError),
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
    with pytest.raises(DeviceSetupError) as caught:
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

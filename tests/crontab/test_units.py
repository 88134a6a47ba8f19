"""systemd's units, shipped and printed: one description of each service, and systemd itself takes them all."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solarctl.schedule import timers, unit_files
from solarctl.schedule.printing import Place
from solarctl.schedule.recommended import TABLE

LINES = [replace(row.line, hours=(12, 13) if row.hours else ()) for row in TABLE]
CALENDARS = sorted({timers.calendar(line, "America/Phoenix") for line in LINES})
ANALYZE = [found for found in (shutil.which("systemd-analyze"),) if found]  # empty where there is no systemd
OWN = {"User", "Group", "StateDirectory", "StateDirectoryMode", "ConfigurationDirectory"}
KNOWN = {  # what systemd.unit(5), systemd.service(5), systemd.exec(5) and systemd.timer(5) call so
    "Unit": {"Description", "Wants", "After", "StartLimitIntervalSec"},
    "Service": OWN
    | {
        "Type", "ExecStart", "SuccessExitStatus", "Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStopSec",
        "TimeoutStartSec", "Environment", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "ReadWritePaths",
        "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs",
        "ProtectControlGroups", "ProtectClock", "ProtectHostname", "ProtectProc", "RestrictAddressFamilies",
        "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute",
        "SystemCallArchitectures", "SystemCallFilter", "CapabilityBoundingSet", "UMask",
    },
    "Timer": {"OnCalendar", "AccuracySec", "Persistent"},
    "Install": {"WantedBy"},
}  # fmt: skip


def _printed(state: Path) -> dict[str, str]:
    zone = ZoneInfo("America/Phoenix")
    where = Place("/bin/true", ("-c", "/etc/my solarctl/config.toml"), zone, str(zone), datetime.now(UTC))
    return {path.name: text for path, text in timers.units(LINES, where, state=state, budget_s=50)}


def _shipped() -> dict[str, str]:
    found = {path.name: path.read_text(encoding="utf-8") for path in unit_files.FOLDER.iterdir()}
    return {
        name.replace("@", "@grid-guard"): text.replace("/usr/local/bin/solarctl", "/bin/true")
        for name, text in found.items()
    }


def _parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return parser


@pytest.fixture(params=["root", "user"])
def printed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """All units that `crontab print --systemd` would print, for root and for anybody else."""
    monkeypatch.setattr(os, "geteuid", lambda: 0 if request.param == "root" else 1000)
    return _printed(tmp_path / "state")


def test_every_key_is_one_that_systemd_knows(printed: dict[str, str]) -> None:
    """A key that systemd does not know is silently ignored, and with it what it should protect."""
    for name, text in (printed | _shipped()).items():
        unit = _parsed(text)
        for section in unit.sections():
            assert set(unit[section]) <= KNOWN[section], name


def test_the_balance_service_is_described_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is printed for root differs from what is shipped by program, words, user and folders alone."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shipped, printed = (
        _parsed(_shipped()["solarctl-balance.service"]),
        _parsed(_printed(tmp_path)["solarctl-balance.service"]),
    )
    for section in ("Unit", "Install"):
        assert dict(printed[section]) | {"Description": ""} == dict(shipped[section]) | {"Description": ""}
    theirs = {key: text for key, text in shipped["Service"].items() if key not in OWN | {"ExecStart", "ProtectHome"}}
    ours = {key: text for key, text in printed["Service"].items() if key not in ("ExecStart", "ProtectHome")}
    assert ours == theirs | {"ReadWritePaths": f"-{tmp_path}"}
    assert printed["Service"]["ExecStart"] == '/bin/true balance -c "/etc/my solarctl/config.toml" -q'


def test_a_run_ends_within_its_budget(printed: dict[str, str]) -> None:
    """The time-out is the run's budget and a little more; 75 is no failure."""
    service = _parsed(printed["solarctl-grid-guard.service"])["Service"]
    assert (service["TimeoutStartSec"], service["SuccessExitStatus"]) == ("60", "75")
    assert service["ExecStart"].startswith("/bin/true grid-guard ")


def test_no_sandbox_where_systemd_cannot_give_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's own systemd refuses to start what asks for the system's means."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    balance = _parsed(_printed(tmp_path)["solarctl-balance.service"])
    assert not {key for key in balance["Service"] if key.startswith(("Protect", "Private", "Restrict", "System"))}
    assert balance["Install"]["WantedBy"] == "default.target"


def test_systemd_takes_what_is_shipped(tmp_path: Path) -> None:
    """`systemd-analyze verify` says nothing about the files as they are installed."""
    assert _verified(tmp_path, _shipped(), "--system") == ""


def test_systemd_takes_what_is_printed(printed: dict[str, str], tmp_path: Path) -> None:
    """`systemd-analyze verify` says nothing about printed units either."""
    manager = "--system" if os.geteuid() == 0 else "--user"
    assert _verified(tmp_path, printed, manager) == ""


@pytest.mark.parametrize("calendar", CALENDARS)
def test_systemd_reads_each_calendar(calendar: str) -> None:
    """`systemd-analyze calendar` finds a next moment."""
    for program in ANALYZE:
        told = subprocess.run([program, "calendar", calendar], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        assert "Next elapse" in told.stdout


def _verified(folder: Path, units: dict[str, str], manager: str) -> str:
    """Return what systemd's own check says about these units."""
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    paths = [str(folder / name) for name in units]
    said = ""
    environ = dict(os.environ) | {"XDG_RUNTIME_DIR": str(folder), "SYSTEMD_LOG_LEVEL": "warning"}
    for program in ANALYZE:
        told = subprocess.run(
            [program, "verify", manager, "--man=no", *paths], capture_output=True, text=True, check=False, env=environ
        )
        said += "\n".join(line for line in told.stderr.splitlines() if "solarctl" in line)
    return said

"""What a command loads, exactly: the start of a process is most of what a run from cron costs.

Whoever finds a module here that is new asks first whether it can be loaded later, where it is needed.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.home import served

TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
FAMILIES = ("drivers.solax", "drivers.tuya", "schedule")  # a vendor's files count as one, as do the schedule's
SCRIPT = "import sys; from solarctl.cli import execute; execute(sys.argv[1:]); print('LOADED', *sys.modules)"
BARE = {"solarctl", "cli", "commands", "errors", "value"}
RUN = BARE | {
    "cli_options",
    "clock",
    "config",
    "context",
    "decode",
    "explain",
    "field_types",
    "findings",
    "log",
    "opening",
    "options",
    "output",
    "run",
    "runner",
    "secret_sources",
    "settings",
}
STATE = {"disk", "locks", "state", "state_format"}
HISTORY = {"disk", "history", "journal", "locks"}
DEVICES = {"accounts", "capabilities", "decision", "drivers", "drivers.catalogue", "readings"}
GRID_GUARD = {"control", "control.grid_guard"}
DRIVERS = {
    "drivers.answers",
    "drivers.http",
    "drivers.lately",
    "drivers.redaction",
    "drivers.reply",
    "drivers.solax",
    "drivers.tuya",
}
CHECKS = {
    "checks",
    "checks.addresses",
    "checks.capabilities",
    "checks.machine",
    "checks.plausible",
    "checks.schedule",
    "checks.secrets",
    "checks.tariff",
    "checks.wiring",
    "device_keys",
    "inspection",
    "schedule",
}
STATUS = {
    "capabilities",
    "history_points",
    "questions",
    "readings",
    "schedule",
}
TICK = {
    "acting",
    "aftermath",
    "drivers.http_line",
    "drivers.http_session",
    "drivers.trust",
    "emergency",
    "memory",
    "notes",
    "site",
    "state_store",
    "tokens",
    "trouble",
}
LOADED = {
    ("--version",): BARE,
    ("--help",): BARE,
    ("check",): RUN | DEVICES | GRID_GUARD | DRIVERS | CHECKS | {"commands.check"},
    ("why", "--json"): RUN | HISTORY | {"commands.why"},
    ("status", "--offline", "--json"): RUN | STATE | HISTORY | STATUS | {"commands.status"},
    ("grid-guard", "-q"): RUN | STATE | HISTORY | DEVICES | GRID_GUARD | DRIVERS | TICK | {"commands.grid_guard"},
}
# of Python itself, beyond what `import click` loads and what those few load by themselves
NEEDED = {"copy", "dataclasses", "encodings", "gc", "importlib", "locale", "signal", "tomllib", "zoneinfo"}
THEIRS = {"string", "struct", "sysconfig", "functools", "ipaddress", "urllib", "math", "pathlib"}
MORE = {
    "--help": {"bz2", "fnmatch", "lzma", "shutil", "textwrap", "zlib"},  # click asks how wide the terminal is
    "why": {"fcntl", "json"},  # history is read, under a lock
    "status": {"bisect", "fcntl", "heapq", "json"},
}


def loaded(argv, **env):
    """Return the modules that a process has loaded after a command line: ours, and the others' first names."""
    kept = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", **env}
    done = subprocess.run([sys.executable, "-c", SCRIPT, *argv], capture_output=True, text=True, env=kept, check=True)
    names = done.stdout.rpartition("LOADED ")[2].split()
    ours = {name.removeprefix("solarctl.") for name in names if name.split(".")[0] == "solarctl"}
    ours = {next((family for family in FAMILIES if name.startswith(family)), name) for name in ours}
    return ours, {name.split(".")[0] for name in names} - {"solarctl"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with served(tmp_path_factory.mktemp("start"), "solax-cloud", "tuya", tables=TABLES) as home:
        home.emulators["solax-cloud"].pin(soc=20.0)
        (home.folder / "crontab").write_text("")
        home.run("grid-guard")
        yield home


@pytest.mark.parametrize("argv", LOADED, ids=" ".join)
def test_what_a_command_loads(home, argv):
    """Exactly these files of solarctl; and of Python, when no device is asked, hardly more than click does."""
    env = {
        "SOLARCTL_CONFIG": str(home.config_path),
        "SOLARCTL_STATE_DIR": str(home.state_dir),
        "SOLARCTL_CRONTAB": str(home.folder / "crontab"),
    }
    ours, others = loaded(argv, **env)
    assert sorted(ours) == sorted(LOADED[argv])
    if argv[0] == "grid-guard":
        return
    done = subprocess.run(
        [sys.executable, "-c", "import click, sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    more = {name for name in others - {name.split(".")[0] for name in done.stdout.split()} if name[0] != "_"}
    assert more <= NEEDED | THEIRS | MORE.get(argv[0], set())

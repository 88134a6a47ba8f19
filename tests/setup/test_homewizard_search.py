"""HomeWizard devices are searched for and paired at a terminal: typed, with the button pressed, end to end."""

from __future__ import annotations

import stat
import threading
import tomllib
from pathlib import Path

from solarctl.virtualhome.homewizard_certificates import authority
from solarctl.virtualhome.mdns import Responder
from tests.home import ZONE, served
from tests.setup.test_setup_terminal import Terminal

# the installed program, which asks this responder instead of the network, and believes the emulators' authority
PROGRAM = """
from pathlib import Path
from solarctl.drivers import homewizard_discovery, homewizard_tls
homewizard_discovery.discover.__kwdefaults__ |= {{"group": {group!r}, "wait_s": 1.0}}
homewizard_tls.CA_FILE = Path({authority!r})
from solarctl.cli import main
main()
"""


def line_of(terminal: Terminal, text: str) -> str:
    """Return the number that stands before a choice."""
    return next(line.split(".")[0].strip() for line in terminal.seen.splitlines() if text in line and ". " in line)


def answer_the_rest(terminal: Terminal) -> None:
    """Look at the meters once instead of for minutes, then take what is offered until the config is written."""
    terminal.expect("Watch the meters", "y")
    terminal.expect("For how many minutes", "0")
    terminal.expect("kettle?", "n")
    while "wrote" not in terminal.seen:
        terminal.expect(":", "")


def test_search_and_button(tmp_path: Path) -> None:
    """Found by mDNS, chosen, the kWh meter asked about, the battery's button pressed: a config that reads all five."""
    with served(tmp_path, "homewizard", tables="", clock=None) as home:
        home.config_path = tmp_path / "new" / "config.toml"
        made = home.emulators["homewizard"]
        battery = made.devices["plug-in-battery"]
        battery.users.clear()
        ports = {(name, "v1"): int(one.url.rpartition(":")[2]) for name, one in made.plain.items()}
        ports |= {(name, "v2"): int(one.url.rpartition(":")[2]) for name, one in made.secure.items()}
        ports |= {
            (name, "v2"): int(one.url.rpartition(":")[2])
            for name, one in made.plain.items()
            if (name, "v2") not in ports
        }
        responder = Responder(made.devices, ports=ports).start()
        program = PROGRAM.format(group=responder.address, authority=str(authority()))
        terminal = Terminal(home, program=("-c", program))
        try:
            terminal.expect("Time zone", ZONE)
            terminal.expect("Latitude", "50.1")
            terminal.expect("Longitude", "14.4")
            terminal.expect("Number", "")  # degrees
            terminal.expect("What do you have?")
            terminal.expect("HomeWizard")
            terminal.expect("Numbers, or none", line_of(terminal, "HomeWizard"))
            terminal.expect("Search the network", "y")
            terminal.expect("(serial 5c2fafaa0005)")
            terminal.expect("Numbers, or none", "")  # all of them
            terminal.expect("Press the button of plug-in-battery now")
            press = threading.Timer(0.2, battery.press_button)
            press.start()
            terminal.expect("plug-in-battery: ")
            press.join()
            terminal.expect("What does")
            terminal.expect("Number", "")  # the kWh meter is on the panels
            terminal.expect("Another one, by its address?", "n")
            answer_the_rest(terminal)
            assert terminal.end() == 0, terminal.seen
        finally:
            responder.stop()
        found = tomllib.loads(home.config_path.read_text())["devices"]
        assert {one["serial"] for one in found.values()} == {f"5c2fafaa000{n}" for n in range(1, 6)}
        paired = next(one for one in found.values() if one["serial"] == "5c2fafaa0005")
        secret = home.config_path.parent / paired["token"]["file"]
        assert secret.read_text().strip() == battery.users["local/solarctl"]
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600

"""Names and texts from outside are shown, and never steer a terminal, a page, a mail or a program's input."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from rich.console import Console

from solarctl import log
from solarctl.balancing.curve_plot import svg as curve_svg
from solarctl.balancing.telling import table_of
from solarctl.curve import Curve
from solarctl.decision import SendMail
from solarctl.errors import ConfigError, DeviceUnreachable, Problem, spelt_out
from solarctl.mail import Settings, compose
from solarctl.output import Screen, as_json
from tests.home import Home, served

CLEAR = "\x1b[2J\x1b[Hall is well\x07"  # clears the screen
EVIL = [CLEAR, "a\x9b31mb", "a\rsolarctl: fine", "a\u202eb", "\x00", "\ud800", "a\x08\x08b"]


@pytest.mark.parametrize("text", EVIL)
def test_errors_spell_it_out(text: str) -> None:
    """A vendor's words within an error are visible, printable, and on one line."""
    error = DeviceUnreachable(text, f"the cloud said: {text}", hint=f"see {text}")
    for said in (str(error), error.message, error.hint):
        assert said.isprintable()
    assert "the cloud said: " in error.message


def test_a_vendors_line_break_begins_no_sentence() -> None:
    """What a device says stands on the line of its error."""
    assert "\n" not in str(DeviceUnreachable("car", "no\nsolarctl: all is well"))


def test_lists_of_problems_keep_their_lines() -> None:
    """Our own line breaks stay."""
    problems = [Problem("a", CLEAR), Problem("b", "wrong")]
    assert len(str(ConfigError(problems)).split("\n")) == 3


@pytest.mark.parametrize("text", ["Küche – 12 °C", "50\u00a0%", "a\tb", "two\nlines"])
def test_honest_texts_stay(text: str) -> None:
    """Letters of any language, hard spaces, tabs and our line ends are shown as they are."""
    assert spelt_out(text) == text


@pytest.mark.parametrize("text", EVIL)
def test_screen_and_log(text: str) -> None:
    """Neither stdout nor stderr brings a control character to a terminal."""
    out, err = io.StringIO(), io.StringIO()
    Screen(out).say(f"limit {text} to 6 A")
    told = log.Log(2, False, True, err)
    told.trouble("grid-guard", [DeviceUnreachable(text, text)])
    told.notice("grid-guard", text)
    told.debug(text)
    for stream in (out, err):
        assert stream.getvalue().replace("\n", "").isprintable()


@pytest.mark.parametrize("text", EVIL)
def test_json_means_the_text_and_is_harmless(text: str) -> None:
    """The JSON object means the text itself, and is harmless to look at."""
    printed = as_json({"device": text}, io.StringIO())
    assert printed.isprintable()
    assert json.loads(printed) == {"device": text}


@pytest.fixture
def house(tmp_path):
    table = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
    with served(tmp_path, "solax-cloud", "tuya", tables=table) as home:
        yield home


@pytest.mark.parametrize("command", ["status", "check", "grid-guard", "device list", "why"])
def test_a_device_with_an_evil_name(house: Home, command: str) -> None:
    """Whoever wrote the config: no command passes the name on to the terminal as it is."""
    name = "re\x1b[2Jlay"
    text = house.config_path.read_text().replace("[devices.grid-relay]", '[devices."re\\u001b[2Jlay"]')
    house.write(text.replace('switch = "grid-relay"', 'switch = "re\\u001b[2Jlay"'))
    result = house.run(*command.split())
    assert (result.out + result.err).replace("\n", "").isprintable(), repr(name)


def test_the_vendor_answers_with_escape_sequences(house: Home) -> None:
    """The body of an error is shown without what it would do to the screen."""
    cloud = house.emulators["solax-cloud"]
    true = cloud.handle

    def evil(request):
        response = true(request)
        response.body = json.dumps({"success": False, "exception": CLEAR, "code": 42}).encode()
        return response

    cloud.handle = evil
    result = house.run("grid-guard")
    assert "\\x1b[2J" in result.err
    assert (result.out + result.err).replace("\n", "").isprintable()


def test_the_live_table_takes_no_markup() -> None:
    """A load's name in brackets is a name, no colour and no crash."""
    loads = [
        {"name": name, "reason": "forced", "estimated": False, "energy": 0.0, "set_power": 1.0, "on": True}
        | {"current_power": 1.0}
        for name in ("[/b]boiler", CLEAR)
    ]
    status = dict.fromkeys(("power_production", "power_house", "grid", "injection"), 1.0)
    status |= dict.fromkeys(("production_energy", "import_energy", "export_energy"), 1.0)
    out = io.StringIO()
    table = table_of(status | {"date_str": "2026-07-01 12:00:00", "equipments": loads}, {"because": "[/i] \x1b[2J"})
    Console(file=out, width=200).print(table)
    assert "[/b]boiler" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_pictures_stay_well_formed() -> None:
    """A curve's picture under an evil name is XML, and holds no element of it."""
    picture = curve_svg("<script>\x1b\x00</script>", Curve(((0.0, 0.0), (100.0, 2000.0))), (), "<b>")
    root = ElementTree.fromstring(picture)
    assert not [one for one in root.iter() if one.tag.endswith("script")]


@pytest.mark.parametrize("text", ["a\r\nBcc: x@example.org", "a\nX: y", "\x1b[2J", "=?utf-8?q?=0D=0ABcc:_x?="])
def test_mail_headers(text: str) -> None:
    """No subject begins a header of its own."""
    settings = Settings(host="localhost", to=("me@example.com",), sender="me@example.com")
    mail = compose(settings, SendMail("mail", text, text, "<p>x</p>"), datetime(2026, 7, 1, tzinfo=UTC))
    names = {line.partition(b":")[0].lower() for line in mail.as_bytes().split(b"\r\n\r\n")[0].split(b"\r\n")}
    assert not names & {b"bcc", b"x"}
    assert "\x1b" not in mail.as_string()

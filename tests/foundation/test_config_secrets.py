"""Secrets, places, lines, and who is stopped by whose mistake."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solarctl.config import Config, find_path, find_state_dir
from solarctl.decode import Decoder, Mistake
from solarctl.errors import ConfigError
from solarctl.secret_sources import resolve
from solarctl.settings import Secret
from solarctl.toml_lines import find_lines
from solarctl.virtualhome.clock import DrivenClock
from tests.foundation.config_parts import SITE, Sample
from tests.home import served


class TestSecrets:
    """Secrets come from five sources, and never from where others can read them."""

    def test_sources(self, tmp_path):
        """Text, variable, file, credential, program."""
        (tmp_path / "f").write_text(" abc\n")
        (tmp_path / "f").chmod(0o600)
        environ = {"V": "abc", "CREDENTIALS_DIRECTORY": str(tmp_path)}
        sources = ["abc", {"env": "V"}, {"file": "f"}, {"credential": "f"}, {"command": ["printf", "abc\\n"]}]
        assert [resolve(one, tmp_path, environ).reveal() for one in sources] == ["abc"] * 5

    @pytest.mark.parametrize("command", [["false"], ["/no/such/program"], "pass show", []])
    def test_programs_that_fail(self, command, tmp_path):
        """A program that fails or is none is a mistake, not a traceback."""
        with pytest.raises(Mistake):
            resolve({"command": command}, tmp_path)

    def test_a_program_that_hangs(self, tmp_path):
        """It is not waited for beyond the run's time budget, whatever its children hold open."""
        tables = '[accounts.broker]\nservice = "mqtt"\npassword = { command = ["sh", "-c", "sleep 30; echo late"] }\n'
        tables += '[devices.relay]\ndriver = "mqtt-switch"\naccount = "broker"\ntopic = "relay"\n'
        with served(
            tmp_path, tables=tables, site="budget_s = 1\n", clock=DrivenClock(datetime(2026, 7, 1, tzinfo=UTC))
        ) as home:
            answer = home.json("device", "read", "relay")
        assert answer["exit"] == 78
        assert "did not give the secret within 1 s" in str(answer["errors"])

    def test_a_file_that_others_can_read(self, tmp_path):
        """A secret file with other-bits is refused with the chmod to type; a group's is not."""
        (tmp_path / "f").write_text("abc")
        (tmp_path / "f").chmod(0o604)
        with pytest.raises(Mistake) as raised:
            resolve({"file": "f"}, tmp_path)
        assert "chmod 600" in raised.value.hint
        (tmp_path / "f").chmod(0o640)
        assert resolve({"file": "f"}, tmp_path).reveal() == "abc"

    def test_inline_secrets_in_an_open_config(self, tmp_path):
        """A config that holds a secret and is readable by others is refused as a whole."""
        path = tmp_path / "config.toml"
        path.write_text(SITE + '[accounts.a]\nservice = "solax-cloud"\ntoken = "abc"\n')
        path.chmod(0o644)
        with pytest.raises(ConfigError) as raised:
            Config.load(path)
        assert "chmod 600" in raised.value.hint
        path.write_text(SITE + '[accounts.a]\nservice = "solax-cloud"\ntoken = { file = "abc" }\n')
        Config.load(path)

    @given(st.text(min_size=1))
    def test_never_shown(self, text):
        """Whatever a secret is, no way of printing shows it."""
        secret = Secret(text)
        shown = f"{secret} {secret!r} {[secret]} %s" % secret
        assert shown == "*** *** [***] ***"


def test_places(tmp_path, monkeypatch):
    """The config and the state folder are found in the contract's order."""
    home = tmp_path / "home"
    environ = {"XDG_CONFIG_HOME": str(home), "SOLARCTL_CONFIG": "/a/b.toml"}
    assert find_path(Path("/x.toml"), environ) == Path("/x.toml")
    assert find_path(None, environ) == Path("/a/b.toml")
    del environ["SOLARCTL_CONFIG"]
    assert find_path(None, environ) == home / "solarctl" / "config.toml"
    site = Config.load(_written(tmp_path, '[site]\ntimezone = "UTC"\nstate_dir = "st"\n')).site
    environ = {"SOLARCTL_STATE_DIR": "/s", "STATE_DIRECTORY": "/d:/e", "XDG_STATE_HOME": "/h"}
    assert find_state_dir(Path("/o"), site, environ) == Path("/o")
    assert find_state_dir(None, site, environ) == Path("/s")
    del environ["SOLARCTL_STATE_DIR"]
    assert find_state_dir(None, site, environ) == tmp_path / "st"
    assert find_state_dir(None, None, environ) == Path("/d")
    del environ["STATE_DIRECTORY"]
    assert find_state_dir(None, None, environ) == Path("/h/solarctl")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert find_state_dir(None, None, {}) == Path("/var/lib/solarctl")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find_state_dir(None, None, {}).parts[-3:] == (".local", "state", "solarctl")


def _written(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_lines_of_nested_tables():
    """Lines are found through arrays of tables, quoted names, dotted keys and long texts."""
    text = '[a]\nx = 1\ny.z = 2\n[[b]]\nk = """\nq = 1\n"""\n[[b]]\nk = 2\n[b.c]\nm = 1\n["d e"]\nn = 1\n'
    lines = find_lines(text)
    assert {k: lines[k] for k in ("a.x", "a.y.z", "b.0.k", "b.1.k", "b.1.c.m", "d e.n")} == {
        "a.x": 2,
        "a.y.z": 3,
        "b.0.k": 5,
        "b.1.k": 9,
        "b.1.c.m": 11,
        "d e.n": 13,
    }
    assert "b.0.q" not in lines


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*Sample.__dataclass_fields__, "bogus"]), values, max_size=4))
def test_any_table_decodes_or_is_explained(table):
    """Whatever a table holds, the result is settings or a list of problems; never another exception."""
    decoder = Decoder(Path("/nowhere"), lambda value: resolve(value, Path("/nowhere"), {}))
    settings = decoder.table(Sample, table, "t")
    assert (settings is None) == bool(decoder.problems)


class TestWhoIsStopped:
    """A mistake in one table stops only the commands that need it."""

    TABLES = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'

    @pytest.mark.parametrize(
        ("extra", "code"),
        [
            ("[peak-mode]\nbogus = 1\n", 0),
            ('[devices.other]\ndriver = "no-such"\n', 0),
            ('[accounts.other]\nservice = "tuya"\n', 0),
            ("[nonsense]\nx = 1\n", 0),
            ("[mail]\nport = 3\n", 0),
            ("[heartbeat]\nurl = 3\n", 0),
        ],
    )
    def test_others_go_on(self, tmp_path, extra, code):
        """grid-guard does not care for what it does not use."""
        with served(tmp_path, "solax-cloud", "tuya", tables=self.TABLES + extra) as home:
            home.emulators["solax-cloud"].pin(soc=50.0)
            result = home.json("grid-guard")
            assert result["exit"] == code, result["errors"]
            assert home.json("check")["exit"] == 78

    @pytest.mark.parametrize(
        ("tables", "words"),
        [
            (TABLES + "bogus = 1\n", "grid-guard.bogus"),
            (TABLES + "on_below_pct = 'x'\n", "grid-guard.on_below_pct"),
            (TABLES + "on_below_pct = 30\n", "must not be below on_below_pct"),
            ('[grid-guard]\nbattery = "inverter"\n', "grid-guard.switch"),
            ('[grid-guard]\nbattery = "invertr"\nswitch = "grid-relay"\n', "Did you mean inverter"),
            ('[grid-guard]\nbattery = "grid-relay"\nswitch = "grid-relay"\n', "is not a BatteryMeter"),
            ("", "there is no [grid-guard]"),
        ],
    )
    def test_the_one_that_needs_it_stops(self, tmp_path, tables, words):
        """grid-guard itself exits 78 and says where and why; `check` says the same."""
        with served(tmp_path, "solax-cloud", "tuya", tables=tables) as home:
            result = home.run("grid-guard")
            assert result.exit == 78
            assert words in result.err
            assert result.out == ""
            if tables:
                checked = home.json("check")
                assert checked["exit"] == 78
                assert any(words in json.dumps(problem) for problem in checked["problems"]), checked["problems"]
            assert home.emulators["tuya"].journal == []

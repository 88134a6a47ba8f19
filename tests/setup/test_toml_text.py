"""Tables as text, and an old config that is extended without being touched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.errors import ConfigError
from solarctl.onboarding.draft import Draft
from solarctl.onboarding.toml_text import table_text

values = st.recursive(
    st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=12), values, max_size=4), st.text(min_size=1, max_size=8))
def test_whatever_is_written_reads_back(table: dict[str, object], name: str) -> None:
    """Names and texts with quotes, line ends or any script survive the way through the file."""
    assert tomllib.loads(table_text(("devices", name), table)) == {"devices": {name: table}}


def test_rows_become_tables_of_their_own() -> None:
    """Windows of a tariff are written as people write them."""
    text = table_text(("tariff",), {"currency": "USD", "windows": [{"name": "peak"}, {"name": "late"}]}, "prices")
    assert text == (
        '# prices\n[tariff]\ncurrency = "USD"\n[[tariff.windows]]\nname = "peak"\n[[tariff.windows]]\nname = "late"\n'
    )


OLD = """# my house, since 2019
[site]   # do not lose me
timezone = "America/Phoenix"

[devices.roof]   # the neighbours' idea
driver = "open-meteo"
"""


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    path = tmp_path / "config.toml"
    path.write_text(OLD)
    path.chmod(0o640)
    return Draft(path)


def test_an_old_config_is_extended_and_keeps_every_line(draft: Draft) -> None:
    """New tables are appended, new keys stand below their header, and every old line is still there, in order."""
    draft.add("devices.hall", {"driver": "honeywell-tcc", "device_id": 1})
    draft.add("site", {"latitude": 33.45})
    draft.write()
    lines = iter(draft.path.read_text().splitlines())
    assert all(line in lines for line in OLD.splitlines())  # an iterator: in this order
    assert tomllib.loads(draft.path.read_text()) == {
        "site": {"timezone": "America/Phoenix", "latitude": 33.45},
        "devices": {"roof": {"driver": "open-meteo"}, "hall": {"driver": "honeywell-tcc", "device_id": 1}},
    }
    assert draft.path.stat().st_mode & 0o777 == 0o640


def test_nothing_new_writes_nothing(draft: Draft) -> None:
    """A draft without additions leaves the file as it is."""
    before = draft.path.stat()
    assert draft.write() == []
    assert draft.path.stat() == before


def test_secrets_get_files_of_their_own(draft: Draft) -> None:
    """A secret goes to a private file, never over another one, and the config refers to it."""
    (draft.path.parent / "tuya.secret").write_text("somebody else's\n")
    reference = draft.secret("tuya", "mine")
    assert reference == {"file": "tuya-2.secret"}
    assert draft.secret("tuya", "mine") == reference
    draft.add("accounts.tuya", {"service": "tuya", "client_secret": reference})
    draft.write()
    secret = draft.path.parent / "tuya-2.secret"
    assert secret.read_text() == "mine\n"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (draft.path.parent / "tuya.secret").read_text() == "somebody else's\n"


def test_a_dropped_table_takes_its_secret_along(draft: Draft) -> None:
    """What did not work leaves no file behind."""
    draft.add("accounts.tuya", {"client_secret": draft.secret("tuya", "mine")})
    draft.drop("accounts.tuya")
    draft.write()
    assert sorted(one.name for one in draft.path.parent.iterdir()) == ["config.toml"]


def test_a_new_config_is_private(tmp_path: Path) -> None:
    """A config that setup makes can be read by its owner alone."""
    draft = Draft(tmp_path / "new" / "config.toml")
    draft.add("site", {"timezone": "UTC"})
    draft.write()
    assert draft.path.stat().st_mode & 0o777 == 0o600


def test_a_config_that_cannot_be_extended(tmp_path: Path) -> None:
    """A file in another style is left alone; the message has the tables to paste."""
    path = tmp_path / "config.toml"
    path.write_text('site = { timezone = "UTC" }\ndevices = { a = { driver = "open-meteo" } }\n')
    for table in ("site", "devices.b"):
        draft = Draft(path)
        draft.add(table, {"latitude": 1.5})
        with pytest.raises(ConfigError) as caught:
            draft.write()
        assert "latitude = 1.5" in caught.value.hint
    assert path.read_text().startswith("site = {")


def test_a_broken_config_is_not_touched(tmp_path: Path) -> None:
    """What is no TOML must be mended first."""
    path = tmp_path / "config.toml"
    path.write_text("[site\n")
    with pytest.raises(ConfigError, match="not TOML"):
        Draft(path)


def test_names_are_made_fit_and_free(draft: Draft) -> None:
    """A thermostat called "Living Room" becomes a name for a table; a taken name gets a number."""
    assert draft.free_name("devices", "Living Room!") == "living-room"
    assert draft.free_name("devices", "roof") == "roof-2"

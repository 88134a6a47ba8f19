"""config.toml decoded: what is right, what is wrong, and how it is told."""

from __future__ import annotations

from datetime import date, time

import pytest

from solarctl.config import Config
from solarctl.errors import ConfigError, Exit
from solarctl.settings import Secret
from tests.foundation.config_parts import Inner, decoded, problems

GOOD = [
    ("name = 'x'", "pct", 15.0),
    ("name = 'x'\npct = 20", "pct", 20.0),
    ("name = 'x'\ncount = 4.0", "count", 4),
    ("name = 'x'\nat = '24:00'", "at", time(0)),
    ("name = 'x'\nat = 14:30:00", "at", time(14, 30)),
    ("name = 'x'\nday = 2026-07-03", "day", date(2026, 7, 3)),
    ("name = 'x'\nday = '2026-07-03'", "day", date(2026, 7, 3)),
    ("name = 'x'\nmonths = [1, 2]", "months", (1, 2)),
    ("name = 'x'\neither = ['a', 'b']", "either", ("a", "b")),
    ("name = 'x'\nrows = [{ watts = 3 }]", "rows", (Inner(3.0),)),
    ("name = 'x'\ntable = { a = 1 }", "table", {"a": 1.0}),
    ("name = 'x'\nsecret = 'abc'", "secret", Secret("abc")),
]


@pytest.mark.parametrize(("text", "key", "value"), GOOD)
def test_what_is_right(text, key, value, tmp_path):
    """Values arrive typed; whole numbers serve as numbers; defaults fill in."""
    assert getattr(decoded(f"[t]\n{text}", tmp_path), key) == value


BAD = [
    ("", "t.name", "is missing", ""),
    ("name = 3", "t.name", "text in quotes", ""),
    ("name = 'x'\npct = '20'", "t.pct", "must be a number", ""),
    ("name = 'x'\npct = true", "t.pct", "must be a number", ""),
    ("name = 'x'\npct = 101", "t.pct", "at most 100", ""),
    ("name = 'x'\npct = -1", "t.pct", "at least 0", ""),
    ("name = 'x'\npct = nan", "t.pct", "finite", ""),
    ("name = 'x'\npct = inf", "t.pct", "finite", ""),
    ("name = 'x'\ncount = 0", "t.count", "more than 0", ""),
    ("name = 'x'\ncount = 1.5", "t.count", "whole number", ""),
    ("name = 'x'\nflag = 1", "t.flag", "true or false", ""),
    ("name = 'x'\nat = '25:00'", "t.at", "time of day", ""),
    ("name = 'x'\nday = 'tomorrow'", "t.day", "date", ""),
    ("name = 'x'\nkind = 'c'", "t.kind", "one of a, b", ""),
    ("name = 'x'\nword = 'hodl'", "t.word", "one of hold, on", "Did you mean hold?"),
    ("name = 'x'\nmonths = 5", "t.months", "list", ""),
    ("name = 'x'\nmonths = ['may']", "t.months", "number", ""),
    ("name = 'x'\nrows = [{ wats = 3 }]", "t.rows.0.wats", "unknown key", "Did you mean watts?"),
    ("name = 'x'\ntable = 3", "t.table", "table", ""),
    ("nmae = 'x'", "t.nmae", "unknown key", "Did you mean name?"),
    ("name = 'x'\nsecret = ''", "t.secret", "empty", ""),
    ("name = 'x'\nsecret = { env = 'SOLARCTL_NO_SUCH' }", "t.secret", "not set", "Cron"),
    ("name = 'x'\nsecret = { file = 'nowhere' }", "t.secret", "does not exist", ""),
    ("name = 'x'\nsecret = { fille = 'x' }", "t.secret", "must be text, or one of", ""),
]


@pytest.mark.parametrize(("text", "path", "message", "hint"), BAD)
def test_what_is_wrong(text, path, message, hint, tmp_path):
    """Each mistake names its dotted path, its line, what is allowed, and the nearest known name."""
    found = {problem.path: problem for problem in problems(f"[t]\n{text}", tmp_path)}
    assert path in found, found
    assert message in found[path].message
    assert hint in found[path].hint
    assert found[path].line is not None


def test_all_problems_at_once(tmp_path):
    """Nobody mends one mistake only to be told the next."""
    found = problems("[t]\nname = 3\npct = 101\nbogus = 1", tmp_path)
    assert [(p.path, p.line) for p in found] == [("t.name", 4), ("t.pct", 5), ("t.bogus", 6)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[site", "not TOML"),
        ("", "no [site]"),
        ("[site]\n", "is missing"),
        ('[site]\ntimezone = "Mars/Base"', "not a time zone"),
        ('[site]\ntimezone = "UTC"\nbudget_s = 0', "more than 0"),
        ('[site]\ntimezone = "UTC"\nlatitude = 91', "at most 90"),
    ],
)
def test_a_site_that_cannot_be(text, message, tmp_path):
    """A config that is no TOML, or has no proper [site], stops every command with 78."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r".") as raised:
        Config.load(path)
    assert message in str(raised.value)
    assert raised.value.exit_code == Exit.CONFIG


def test_binary_config(tmp_path):
    """A file that is no text is told so."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.load(path)

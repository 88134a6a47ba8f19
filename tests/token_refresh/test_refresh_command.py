"""`token-refresh` with real accounts and services: the table, failures, log-ins, kills and races."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from solarctl.virtualhome.emulators.smtp import MailServer
from tests.home import Home, served


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "tesla", "tuya", tables="") as home:
        yield home


def tesla(home: Home) -> Any:
    return home.emulators["tesla"]


def tokens(row: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {one["account"]: (one["due"], one["renewed"]) for one in row["tokens"]}


def test_the_table(home: Home) -> None:
    """Every account's token, when it runs out, whether it was due, and what was renewed; Tuya's too."""
    row = home.json("token-refresh")
    assert tokens(row) == {"tesla": (True, True), "tuya": (True, True)}
    assert (row["reason"], row["exit"]) == ("due", 0)
    assert all(re.match(r"\d{4}-\d\d-\d\dT", one["expires_at"]) for one in row["tokens"])
    again = home.json("token-refresh")
    assert tokens(again) == {"tesla": (False, False), "tuya": (False, False)}
    assert (again["reason"], again["actions"]) == ("not-due", [])
    assert "8 h left" in home.run("token-refresh").out


def test_half_of_its_life(home: Home) -> None:
    """After four of eight hours the token is due; `--force` renews at any time."""
    home.run("token-refresh")
    home.clock.advance(hours=3.9)  # type: ignore[attr-defined]
    assert tokens(home.json("token-refresh"))["tesla"] == (False, False)
    assert tokens(home.json("token-refresh", "--force"))["tesla"] == (False, True)
    home.clock.advance(hours=4.1)  # type: ignore[attr-defined]
    assert tokens(home.json("token-refresh"))["tesla"] == (True, True)


def test_what_if(home: Home) -> None:
    """--now and -n renew nothing, and expiry goes by the real clock."""
    home.run("token-refresh")
    spent = tesla(home).tokens.spent
    row = home.json("token-refresh", "--now", "2099-01-01T00:00")
    assert tokens(row)["tesla"] == (False, False)
    assert home.json("token-refresh", "-n", "--force")["actions"][0]["outcome"] == "dry-run"
    assert tesla(home).tokens.spent == spent


@pytest.mark.parametrize(
    ("fault", "value", "code"),
    [("login-required", True, 77), ("token-http", 400, 77), ("token-http", 503, 75), ("token-html", True, 77)],
)
def test_a_failure_stops_nobody_else(home: Home, fault: str, value: Any, code: int) -> None:
    """What cannot be renewed is untouched and named with the command that mends it; the others are renewed."""
    home.run("token-refresh")
    before = home.state()["tokens"]["tesla"]
    tesla(home).faults.set(fault, value)
    row = home.json("token-refresh", "--force")
    assert row["exit"] == code
    assert tokens(row) == {"tesla": (False, False), "tuya": (False, True)}
    assert home.state()["tokens"]["tesla"] == before
    if code == 77:
        assert "solarctl token-refresh --login tesla" in row["errors"][0]["hint"]


def test_a_failure_is_mailed_with_the_way_out(home: Home) -> None:
    """The mail about a refused token names the command to type, and comes once."""
    mail = MailServer(None, home.clock).start()
    try:
        home.configure(mail.config())
        tesla(home).faults.set("login-required")
        for _ in range(3):
            assert home.run("token-refresh").exit == 77
        assert len(mail.messages) == 1
        assert b"token-refresh --login tesla" in mail.messages[0].data.replace(b"=\r\n", b"")
        tesla(home).faults.clear()
        home.run("token-refresh")
        assert len(mail.messages) == 2
    finally:
        mail.stop()


class Person(io.StringIO):
    """Opens the address that was printed, and pastes what the browser ends at."""

    def __init__(self, home: Home, out: io.StringIO, change: Any = lambda answer: answer) -> None:
        super().__init__()
        self.home, self.out, self.change = home, out, change

    def isatty(self) -> bool:
        return False

    def readline(self, *_: Any) -> str:
        found = re.search(r"http://\S+/authorize\S+", self.out.getvalue())
        return str(self.change(tesla(self.home).tokens.authorize(found[0]) if found else "")) + "\n"


def log_in(home: Home, monkeypatch: pytest.MonkeyPatch, *argv: str, change: Any = lambda answer: answer) -> Any:
    from solarctl.cli import execute
    from solarctl.runner import Environment

    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdin", Person(home, out, change))
    where = ["-c", str(home.config_path), "--state-dir", str(home.state_dir)]
    code = execute(["token-refresh", "--login", *argv, *where], Environment(home.clock, out, err))
    return code, out.getvalue(), err.getvalue()


def test_logging_in(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is shown, the pasted redirect is taken, and there is a new token."""
    code, out, _err = log_in(home, monkeypatch, "tesla")
    assert code == 0
    assert "Logged in to tesla." in out
    assert home.json("device", "read", "powerwall")["exit"] == 0
    assert tesla(home).tokens.refresh[tesla(home).tokens.first_refresh_token] is False


def test_a_forged_answer(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer whose state is not ours is refused: 77, and the stored token stays."""
    home.run("token-refresh")
    before = home.state()["tokens"]["tesla"]
    forged = lambda answer: re.sub("state=[^&]+", "state=forged", answer)  # noqa: E731
    code, _out, err = log_in(home, monkeypatch, "tesla", change=forged)
    assert code == 77
    assert "state" in err
    assert home.state()["tokens"]["tesla"] == before


def test_nothing_pasted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer is a matter of usage."""
    assert log_in(home, monkeypatch, "tesla", change=lambda _: "")[0] == 2


def test_an_unknown_account(home: Home) -> None:
    """A name that is none, and an account without log-in, are said in words."""
    result = home.run("token-refresh", "--login", "telsa")
    assert result.exit == 78
    assert "tesla" in result.err
    home.configure('[accounts.broker]\nservice = "mqtt"\nhost = "127.0.0.1"\n')
    assert home.run("token-refresh", "--login", "broker").exit == 78


def test_no_secret_is_printed(home: Home) -> None:
    """No token, code or secret appears anywhere, not even with -vv or in the journal."""
    result = home.run("token-refresh", "-vv")
    kept = home.state()["tokens"]["tesla"]
    shown = result.out + result.err + "".join(one.read_text() for one in (home.state_dir / "history").iterdir())
    for secret in (kept["access_token"], kept["refresh_token"], tesla(home).tokens.client_secret):
        assert secret not in shown


def test_a_broken_account_stops_nobody_else(home: Home) -> None:
    """An account that is wrong in the config is named; the others are renewed."""
    home.configure('[accounts.other]\nservice = "tesla"\nregion = "moon"\n')
    row = home.json("token-refresh")
    assert row["exit"] == 78
    assert tokens(row) == {"tesla": (True, True), "tuya": (True, True)}


def test_processes_at_once(home: Home) -> None:
    """Renewals of several processes never spend a refresh token twice, whoever comes first."""
    started = [home.process("token-refresh", "--force"), home.process("device", "read", "powerwall")]
    started.append(home.process("device", "read", "powerwall", "-n"))
    for one in started:
        one.communicate(timeout=60)
    assert {one.returncode for one in started} == {0}
    assert all(request.status == 200 for request in tesla(home).journal)

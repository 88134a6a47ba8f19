"""`token-refresh`: every account's token, renewed in time, or logged in to anew."""

from __future__ import annotations

import sys
from typing import Any

import click

from solarctl.capabilities import InteractiveLogin, TokenHolder
from solarctl.cli_options import site_command
from solarctl.control.token_refresh import Reason, Settings, Token, decide, length
from solarctl.decision import Decision, Outcome
from solarctl.errors import ConfigError, Problem, UsageError
from solarctl.output import is_terminal
from solarctl.run import Run

OPEN_AND_PASTE = """Open this address in a browser and log in:

  {address}

The browser ends at a page that may not open. Paste the whole address of that page here."""


@site_command("token-refresh")
@click.option("--login", metavar="ACCOUNT", help="Log in to an account: open an address, paste what comes back.")
@click.option("--force", is_flag=True, help="Renew every token, due or not.")
def command(run: Run, login: str | None, force: bool) -> None:
    """Renew the tokens that are due; log in interactively.

    A table shows every token, when it runs out, and what was renewed.
    """
    settings = run.settings(Settings, "token-refresh")
    holders = _holders(run)
    now = run.clock.now()  # a token runs out by the real clock, whatever --now asks about
    before = [_token(name, holder) for name, holder in holders.items()]
    due = {one.account for one in before if one.is_due(settings, now)}
    if login is not None:
        renewed = _log_in(run, login)
    else:
        carried = run.conclude(decide(before, settings, now, force=force))
        renewed = {one.action.device for one in carried if one.outcome is Outcome.DONE}
    tokens = [_token(name, holder) for name, holder in holders.items()]
    rows = [
        {
            "account": one.account,
            "expires_at": one.expires_at.astimezone(run.config.timezone).isoformat(timespec="seconds")
            if one.expires_at
            else None,
            "due": one.account in due,
            "renewed": one.account in renewed,
        }
        for one in tokens
    ]
    run.answer({"tokens": rows}, "\n".join(_line(one, one.account in renewed, run) for one in tokens))


def _holders(run: Run) -> dict[str, TokenHolder]:
    """Return the accounts that have tokens; a wrong one is noted and does not stop the others."""
    found: dict[str, TokenHolder] = {}
    for name in run.config.names("accounts"):
        try:
            opened = run.site.account(name)
        except ConfigError as error:
            run.note(error)
            continue
        if isinstance(opened, TokenHolder):
            found[name] = opened
    return found


def _token(name: str, holder: TokenHolder) -> Token:
    return Token(name, holder.token_expires_at(), holder.token_lifetime_s())


def _line(token: Token, renewed: bool, run: Run) -> str:
    if token.expires_at is None:
        words = "has no token yet" if token.is_renewable else "has a token that does not run out"
    else:
        left_s = (token.expires_at - run.clock.now()).total_seconds()
        when = f"{token.expires_at.astimezone(run.config.timezone):%a %Y-%m-%d %H:%M}"
        words = f"ran out on {when}" if left_s <= 0 else f"until {when}, {length(left_s)} left"
    return f"  {token.account}: {words}{', renewed' if renewed else ''}"


def _log_in(run: Run, name: str) -> set[str]:
    """Log in to one account with a person's help; return the accounts that have new tokens."""
    account = run.site.account(name)
    if not isinstance(account, TokenHolder):
        raise ConfigError([Problem(f"accounts.{name}", f"{name} is an account without log-in or token")])
    if run.dry_run:
        run.conclude(Decision(Reason.LOGGED_IN, f"Would log in to {name}."))
        return set()
    if isinstance(account, InteractiveLogin):
        account.finish_login(_answer(run, name, account.login_address()))
    else:
        account.refresh_token()
    run.conclude(Decision(Reason.LOGGED_IN, f"Logged in to {name}."))
    return {name}


def _answer(run: Run, name: str, address: str | None) -> str:
    """Show the address and return what the person pastes; or a password, where there is no address."""
    if address is not None:
        text = OPEN_AND_PASTE.format(address=address)
        if run.options.json or run.options.quiet:
            click.echo(text, err=True)
        else:
            run.say(text)
    question = "Address" if address is not None else f"Password of {name}"
    if is_terminal(sys.stdin):
        typed: Any = click.prompt(question, hide_input=address is None, err=True)
    else:
        typed = sys.stdin.readline()
    if not str(typed).strip():
        raise UsageError("nothing was pasted", hint=f"Begin again: solarctl token-refresh --login {name}")
    return str(typed).strip()

"""Token refresh: renew the accounts' tokens ahead of time, so that no command finds itself locked out.

    less than min(`margin_min`, half of its life) left, or none at all   -> renew    (due)
    otherwise                                                            -> leave it (not-due)
    `--force`                                                            -> renew all (forced)

Every command renews what it needs on demand as well; this one tells in time when that will not work any more.

Seed: powermgr_v2's auth_refresh (15 days before the end, for tokens that live 8 hours today: always).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from math import isfinite

from solarctl.decision import Decision, RenewToken
from solarctl.settings import setting
from solarctl.value import value


class Reason(StrEnum):
    DUE = "due"
    NOT_DUE = "not-due"
    FORCED = "forced"
    NO_TOKENS = "no-tokens"
    LOGGED_IN = "logged-in"  # said by the command itself


@value
class Settings:
    margin_min: float = setting(21_600.0, gt=0, help="renew with less than this left, or half of the token's life")


@value
class Memory:
    """Nothing: the tokens themselves tell."""


@value
class Token:
    """An account's token: when it runs out (None: there is none, or it does not), and how long a fresh one lives."""

    account: str
    expires_at: datetime | None
    lifetime_s: float

    @property
    def is_renewable(self) -> bool:
        """Whether it runs out at all; a third party's token does not."""
        return isfinite(self.lifetime_s)

    def is_due(self, settings: Settings, now: datetime) -> bool:
        """Return whether it is time to renew it."""
        if not self.is_renewable:
            return False
        if self.expires_at is None:
            return True
        margin_s = min(settings.margin_min * 60, self.lifetime_s / 2)
        return (self.expires_at - now).total_seconds() < margin_s


def decide(tokens: Sequence[Token], settings: Settings, now: datetime, *, force: bool = False) -> Decision[Memory]:
    """Return which tokens to renew."""
    if not tokens:
        return Decision(Reason.NO_TOKENS, "No account in the config has a token that runs out.")
    renewed = [one for one in tokens if one.is_renewable and (force or one.is_due(settings, now))]
    actions = [RenewToken(one.account) for one in renewed]
    if not renewed:
        return Decision(Reason.NOT_DUE, f"Nothing to renew: {_soonest(tokens, now)}.")
    names = ", ".join(one.account for one in renewed)
    if force:
        return Decision(Reason.FORCED, f"Renewing {names}, as asked.", actions)
    return Decision(Reason.DUE, f"Time to renew {names}.", actions)


def _soonest(tokens: Sequence[Token], now: datetime) -> str:
    ends = [(one.expires_at, one.account) for one in tokens if one.expires_at is not None]
    if not ends:
        return "no token here runs out"
    at, account = min(ends)
    return f"the token of {account} is the next to run out, in {length((at - now).total_seconds())}"


def length(seconds: float) -> str:
    """Return a length of time in words, rounded to what matters.

    >>> length(5400), length(200_000), length(40)
    ('1.5 h', '2 days', '1 min')
    """
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"
    return f"{seconds / 86_400:.0f} days"

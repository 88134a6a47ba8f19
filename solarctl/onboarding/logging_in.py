"""Log in to an account and see what it lists, again and again until it lists something or the person gives up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Wizard

T = TypeVar("T")


def account_that_lists(
    wizard: Wizard,
    service: str,
    step: str,
    new_account: Callable[[Wizard], str | None],
    listed: Callable[[str, Trial], Sequence[T]],
    *,
    nothing: str,
    again: str,
) -> tuple[str, Sequence[T]] | None:
    """Return an account's name and what it lists; None when there is none.

    `new_account` asks for a log-in (None: it failed), `listed` asks the service; `nothing` is said of an account that
    lists nothing, `again` is asked before another one is tried.
    """
    while True:
        account = wizard.known_account(service, step) or new_account(wizard)
        if account is not None:
            found = wizard.attempt(partial(listed, account))
            if found:
                return account, found
            if found is not None:
                wizard.say(f"  {nothing}")
            wizard.drop_unused(account)
        if not wizard.another(f"{step}.again", again):
            return None

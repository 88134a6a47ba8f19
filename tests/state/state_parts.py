"""Tokens and numbers to put into a state."""

from __future__ import annotations

from solarctl.state import StateFile

TOKEN = {"access_token": "a", "refresh_token": "r"}


def put(state: StateFile, number: int) -> None:
    with state.transaction() as data:
        data["memory"]["grid-guard"] = {"number": number}


def with_token(state: StateFile) -> None:
    with state.transaction() as data:
        data["tokens"]["tesla"] = TOKEN

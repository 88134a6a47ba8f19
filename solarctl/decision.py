"""A decision is data: a stable reason, one sentence, targets, and the memory for the next run.

Actions state the target, never the change; doing one twice is harmless. The kinds are a closed union:
whoever matches over them ends in `assert_never`, so that mypy names the place a new kind forgot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from solarctl.errors import Exit
from solarctl.value import value

MemoryT = TypeVar("MemoryT")


@value
class SwitchTo:
    """A relay or socket on (True) or off."""

    action: ClassVar[str] = "switch"
    device: str
    to: bool


@value
class SetPower:
    """Power in W, 0 or more."""

    action: ClassVar[str] = "power"
    device: str
    to: float


@value
class SetChargeLimit:
    """Current in whole A per phase (0: pause), with the minutes after which the charger falls back by itself."""

    action: ClassVar[str] = "limit"
    device: str
    to: int
    ttl_min: float = 3
    renew: bool = False  # write even an unchanged limit, to keep its time to live
    phases: int | None = None  # offer it on so many phases only; None: on all that are wired


@value
class SetReserve:
    """What the battery keeps back, in % of its charge.

    `sent`: an earlier run wrote it and the device still has time to confirm; it is not written again.
    `overdue`: that time is over; a device that does not confirm it now has refused it.
    """

    action: ClassVar[str] = "reserve"
    device: str
    to: float
    sent: bool = False
    overdue: bool = False


@value
class SetMode:
    """How the battery operates; `sent` and `overdue` as for the reserve."""

    action: ClassVar[str] = "mode"
    device: str
    to: str
    sent: bool = False
    overdue: bool = False


@value
class SetPermissions:
    """What a battery may do: `charge_allowed`, `discharge_allowed`, both, or nothing."""

    action: ClassVar[str] = "permissions"
    device: str
    to: tuple[str, ...]


@value
class SetCoolSetpoint:
    """Degrees in the site's unit; the hold ends at `until`."""

    action: ClassVar[str] = "cool-setpoint"
    device: str
    to: float
    until: datetime | None = None


@value
class SetHeatSetpoint:
    """Degrees in the site's unit; the hold ends at `until`."""

    action: ClassVar[str] = "heat-setpoint"
    device: str
    to: float
    until: datetime | None = None


@value
class ResumeSchedule:
    """A thermostat back to its own schedule."""

    action: ClassVar[str] = "resume-schedule"
    device: str
    to: bool = True


@value
class RenewToken:
    """Renew an account's token; `device` is the account's name."""

    action: ClassVar[str] = "token"
    device: str

    @property
    def to(self) -> str:
        return self.device


@value
class SendMail:
    """Send a mail; `to` is its subject. `inline` are pictures as (content id, PNG or SVG bytes)."""

    action: ClassVar[str] = "mail"
    device: str
    to: str
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    inline: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


Action = (
    SwitchTo
    | SetPower
    | SetChargeLimit
    | SetReserve
    | SetMode
    | SetPermissions
    | SetCoolSetpoint
    | SetHeatSetpoint
    | ResumeSchedule
    | RenewToken
    | SendMail
)


class Outcome(StrEnum):
    """What became of an action."""

    DONE = "done"  # written and read back
    UNCHANGED = "unchanged"  # already so, nothing written
    PENDING = "pending"  # written, the device confirms later
    FAILED = "failed"
    DRY_RUN = "dry-run"  # would be written


@value
class Carried:
    """An action and what became of it at `at`; what a rule's `remember` gets."""

    action: Action
    outcome: Outcome
    at: datetime

    @property
    def holds(self) -> bool:
        """Whether the device is, as far as anybody knows, at the target now."""
        return self.outcome in (Outcome.DONE, Outcome.UNCHANGED, Outcome.PENDING)

    def to_json(self) -> dict[str, Any]:
        to = list(self.action.to) if isinstance(self.action.to, tuple) else self.action.to
        return {
            "device": self.action.device,
            "action": self.action.action,
            "to": to,
            "outcome": str(self.outcome),
        }


@value
class Decision(Generic[MemoryT]):
    """What a rule makes of what it was told.

    `memory` is what the next run should know whatever becomes of the actions; what depends on them is
    added by the rule's own `remember(memory, carried)`. `exit_code` is the decision's own part in the
    run's exit code (a missing reading: 75).
    """

    reason: StrEnum
    because: str
    actions: Sequence[Action] = ()
    memory: MemoryT | None = None
    exit_code: Exit = Exit.OK
    details: dict[str, Any] = field(default_factory=dict)  # more top-level keys of the JSON object

"""The loop of `balance`: woken by each fresh value, and once a second; ends so that no load is left alone.

lease -> meters, loads, topics -> tick … tick -> end of time: offer the lease, loads as they are
                                              -> anything else: loads to their safe level at once
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from solarctl.balancing.feeds import is_driven
from solarctl.balancing.home import Home, clouds_of, price_of
from solarctl.balancing.inbox import Inbox
from solarctl.balancing.lease import HAND_OVER_S, Lease, end_of
from solarctl.balancing.leaving import left_safe, save, to_safe, undisturbed
from solarctl.balancing.outbox import Outbox
from solarctl.balancing.wishes import Wishes
from solarctl.clock import SystemClock
from solarctl.control.balance import Memory, Reason, Settings, decide
from solarctl.decision import Decision, Outcome
from solarctl.errors import Exit, SolarctlError
from solarctl.explain import error_json
from solarctl.readings import to_json
from solarctl.run import Run

SAVE_EVERY_S = 45.0  # at most a minute may be lost, also when writing takes its time
DRIVEN_PATIENCE_S = 0.02  # in the demo messages of a home that lives by itself still take real time
RECORD_EVERY_S = 60.0
CLOUDS_EVERY = timedelta(hours=1)
WAITING_S = 0.3  # a successor who is there already takes the lease within so long
MEET_S = 8.0  # a dry run gives meters so long to speak


class LeaseLost(SolarctlError):
    """Somebody else steers the loads now."""

    exit_code = Exit.TRY_AGAIN


class Loop:
    """One run of `balance`."""

    def __init__(self, run: Run, settings: Settings, *, on_tick: Callable[[Loop], None] | None = None) -> None:
        self.run = run
        self.settings = settings
        self._bell = threading.Event()
        self.home = Home(run, settings, self._bell.set)
        self.wishes = Wishes(run)
        self.inbox = Inbox(settings, self._bell.set)
        self.outbox = Outbox(run, settings, self.inbox.domoticz_shows)
        self.lease = Lease(run.state, run.clock)
        self.price = price_of(run, settings)
        self.memory = Memory()
        self.row: dict[str, Any] = {}
        self.status: dict[str, Any] = {}
        self._on_tick = on_tick
        self._began_s = self._saved_s = run.clock.monotonic()
        self._recorded_s: float | None = None
        self._clouds_at: datetime | None = None
        self._clouds: list[float | None] = []
        self._reconnected = threading.Event()
        self._was_paused = False
        self._ended_by_time = False

    # --- life

    def run_until(self, for_s: float | None) -> None:
        """Balance for so long, or for ever."""
        run = self.run
        ends_at = end_of(run.clock.now(), for_s)
        ends_s = None if for_s is None else run.clock.monotonic() + for_s  # waiting for others is no more time
        if not run.dry_run:
            self.lease.take(ends_at)
        try:
            self.memory = run.memory(Memory)
            self._connect()
            if run.dry_run and for_s is None:
                self._await_meters()
                self.tick()
                return
            tick_s = self.settings.tick_s
            while ends_s is None or run.clock.monotonic() < ends_s:
                self.tick()
                self._wait(tick_s if ends_s is None else min(tick_s, ends_s - run.clock.monotonic()))
                if not run.dry_run and self.lease.is_lost():
                    raise LeaseLost("another process took the lease of balance", hint="Run one balance at a time.")
            self._ended_by_time = True
        finally:
            self._end()

    def _connect(self) -> None:
        brokers = self.home.brokers()
        for index, broker in enumerate(brokers):
            broker.on_up(self._up)
            if index == 0:
                self.outbox.attach(broker)
                if not self.run.dry_run:
                    self.inbox.subscribe(broker)
        self.home.start()
        for broker in brokers:
            try:
                broker.connect()
            except SolarctlError as error:
                if error.exit_code == 77:
                    raise
                self.run.note(error)  # it is tried again as long as we run

    def _await_meters(self) -> None:
        """Wait until every meter has said something, at most `MEET_S`."""
        waited_s = 0.0
        while waited_s < MEET_S and any(feed.sample() is None for feed in self.home.meters.values()):
            self._wait(0.2)
            waited_s += 0.2

    def _up(self) -> None:
        self._reconnected.set()
        self._bell.set()

    def _end(self) -> None:
        handed_over = False
        lost = not self.run.dry_run and self.lease.is_lost()
        try:
            if not self.run.dry_run and not lost:
                if self._recorded_s is None and self.row:  # a minute without a reading is one, too
                    self.run.record(self.row)
                self._save()
                if self._ended_by_time and not self._was_paused:
                    handed_over = self._hand_over()
        finally:
            self.home.stop()
            handed_over = handed_over or (not self.run.dry_run and not lost and self.lease.is_lost())
            if not self.run.dry_run and not handed_over and not self._was_paused:
                with undisturbed():
                    to_safe(self.run, self.home)
                    if not lost:
                        self.memory = left_safe(self.memory, self.run.clock.now().timestamp())
                        self._save()
                self.row |= {"because": "The loop is over; all loads were told their safe level.", "actions": []}
            self.outbox.goodbye(offline=not handed_over and not lost)
            for broker in self.home.brokers():
                broker.close()
            if not self.run.dry_run and not handed_over:
                self.lease.release()

    def _hand_over(self) -> bool:
        """Leave the loads as they are: to a successor who waits, else to a guard; False when there is neither."""
        if not isinstance(self.run.clock, SystemClock):
            return self.lease.offer()  # that time is of this process only
        from solarctl.balancing.guard import start_guard

        self.lease.put_on_offer()
        if self.lease.watch(WAITING_S) or start_guard(self.run, self.lease.token, HAND_OVER_S):
            return True
        return self.lease.watch(HAND_OVER_S) or not self.lease.retake()

    def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        if is_driven(self.run.clock):
            self._settle()
            self.run.clock.sleep(seconds)
            self._settle()
            self._bell.wait(DRIVEN_PATIENCE_S)
        else:
            self._bell.wait(seconds)
        self._bell.clear()

    def _settle(self) -> None:
        """Where time leaps: have what was sent arrive before it does, and what was said meanwhile be heard."""
        for broker in self.home.brokers():
            broker.settle()

    # --- a tick

    def tick(self) -> None:
        """Look, decide, act, tell."""
        run, now = self.run, self.run.now
        run.next_tick()
        self.wishes.look()
        if self._reconnected.is_set():
            self._reconnected.clear()
            self.outbox.hello()
            for actuator in self.home.actuators.values():
                actuator.again()
        mode = self.inbox.carry_out(self.wishes, self.home.full_w(), now)
        cloud_pct = self._cloud_pct(now)
        if mode is not None or cloud_pct != self.memory.cloud_pct:
            self.memory = replace(self.memory, mode=self.memory.mode if mode is None else mode, cloud_pct=cloud_pct)
        meters = self.home.look(now if run.what_if else None)
        loads = self.home.loads(lambda name: self.wishes.manual(name, now), now)
        decision = decide(meters, loads, self.settings, self.memory, now, price=self.price)
        outcomes = self._act(decision)
        self.memory = decision.memory or self.memory
        for error in self.home.errors():
            run.note(error)
        self._tell(decision, outcomes, now)
        self.status = self.outbox.tell(
            meters, self.memory, decision, set(self.wishes.forced(now)), self.home.ignored() + self.inbox.ignored, now
        )
        if not run.dry_run and run.clock.monotonic() - self._saved_s >= SAVE_EVERY_S:
            self._save()
        if self._on_tick is not None:
            self._on_tick(self)

    def _act(self, decision: Decision[Memory]) -> list[Outcome]:
        paused = self.wishes.paused is not None
        if paused and not self._was_paused:
            for actuator in self.home.actuators.values():
                actuator.to_safe()
        self._was_paused = paused
        hold = paused or self.run.dry_run
        return [self.home.actuators[one.device].want(one, dry_run=hold) for one in decision.actions]

    def _tell(self, decision: Decision[Memory], outcomes: list[Outcome], now: datetime) -> None:
        run = self.run
        actions = [
            {"device": one.device, "action": one.action, "to": one.to, "outcome": str(outcome)}
            for one, outcome in zip(decision.actions, outcomes)
        ]
        paused = f"{self.wishes.paused} " if self.wishes.paused else ""
        self.row = {
            "command": run.command,
            "at": now.isoformat(timespec="seconds"),
            "reason": str(decision.reason),
            "because": paused + decision.because,
            "dry_run": run.dry_run or bool(paused),
            "exit": run.exit_code,
            "readings": [to_json(name, reading) for name, reading in self.home.readings()],
            "actions": actions,
            "errors": [error_json(error) for error in run.errors],
            "took_s": round(run.clock.monotonic() - run.started_s, 3),
        } | decision.details
        run.rows[:] = [self.row]
        if run.on_row is not None:
            run.streamed = True
            run.on_row(self.row)
        now_s = run.clock.monotonic()
        first = self._recorded_s is None and decision.reason != Reason.NO_READING
        due = now_s - (self._began_s if self._recorded_s is None else self._recorded_s) >= RECORD_EVERY_S
        if (first or due) and not run.dry_run:
            self._recorded_s = now_s
            run.record(self.row)

    def _cloud_pct(self, now: datetime) -> float | None:
        """Return the clouds of the coming day; the service is asked by a thread, once an hour at most."""
        if not self.settings.weather or not any(load.guarantee for load in self.settings.loads):
            return self.memory.cloud_pct
        if self._clouds_at is None or now - self._clouds_at >= CLOUDS_EVERY:
            self._clouds_at = now
            device = self.run.site.device(self.settings.weather)

            def ask() -> None:
                self._clouds[:] = [clouds_of(self.run, self.settings, device)]

            if is_driven(self.run.clock):
                ask()
            else:
                threading.Thread(target=ask, name="clouds", daemon=True).start()
        return self._clouds[0] if self._clouds else self.memory.cloud_pct

    # --- remembering

    def _save(self) -> None:
        self._saved_s = self.run.clock.monotonic()
        save(self.run, self.memory)

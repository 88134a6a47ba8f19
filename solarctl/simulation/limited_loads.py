"""A load beside a battery, within their limits: whole watts of a variator or a relay, a thermostat, shortest times.

The battery follows the meter by itself; where the plan commands it, it may also be held, or filled from the grid. A
relay is on or off for whole slots, and for as many of them as its shortest times ask for. A tank whose thermostat has
had enough takes nothing until it is down to where that closes again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solarctl.simulation.limited import Cells, Grid, Row, Span, least, money
from solarctl.simulation.limited_stores import Holder

Table = list[Row]  # a row for each charge of the battery, with a value for each content of the load
ALONE_STEPS, LOAD_STEPS = 96, 40
CHARGE_STEP_KWH, MOST_CHARGE_STEPS = 0.25, 20
FREE = 0  # the phase of a load that may be switched either way


@dataclass(frozen=True, slots=True)
class State:
    """What is in the battery and in the load, how long it has been on or off, and whether it has had enough."""

    stored_kwh: float
    inside_kwh: float
    phase: int = FREE
    is_full: bool = False
    drawn_kwh: float = 0.0  # by the load in the slot before


@dataclass(frozen=True)
class Supply:
    """How a load can be fed: the powers that it can be set to, rising from 0, and its shortest times in slots."""

    holder: Holder
    powers_kw: tuple[float, ...]
    least_on: int = 1
    least_off: int = 1
    miss_price: float = 0.0  # what a kWh that people want and do not get counts against a plan

    @property
    def most_kw(self) -> float:
        return self.powers_kw[-1]

    def worth_trying(self, span: Span, cells: Cells) -> list[float]:
        """Return none, all, and those next to what the sun leaves over, with and without what else could take it."""
        powers = self.powers_kw
        if len(powers) == 2:
            return list(powers)
        surplus_kw, gift_kw = -span.need_kwh / span.hours, span.gift_kwh / span.hours
        found = {0.0, powers[-1]}
        for wanted in {surplus_kw + more for more in (0.0, -gift_kw, -cells.charge_kw, cells.discharge_kw)}:
            if 0 < wanted < powers[-1]:
                number = bisect_right(powers, wanted)
                found |= {powers[number - 1], powers[number]}
        return sorted(found)

    def phases(self) -> list[list[tuple[bool, int]]]:
        """Return, for each phase, (whether it is on, the phase afterwards) of what may be done in it."""
        if self.least_on <= 1 and self.least_off <= 1:
            return [[(False, FREE), (True, FREE)]]
        on, off = max(1, self.least_on), max(1, self.least_off)
        # FREE: off for long enough; then on, not for long; `settled`: on for long enough; then off, not for long
        settled = on
        first_off = settled + 1 if off > 1 else FREE
        found: list[list[tuple[bool, int]]] = [[(False, FREE), (True, 1)]]
        found += [[(True, phase + 1)] for phase in range(1, settled)]
        found.append([(True, settled), (False, first_off)])
        last = settled + off - 1
        found += [[(False, phase + 1 if phase < last else FREE)] for phase in range(settled + 1, last + 1)]
        return found


@dataclass(frozen=True)
class Way:
    """What a slot at one power makes of each content: where it leads to, up to the first that gets full."""

    places: list[tuple[int, float]]  # (point below, share of the way to the next)
    kwh: float
    topped: list[float]  # what the fuller ones draw until they are full


class LoadHouse:
    """One load beside a battery (or none: `cells` without room). States: `State`."""

    def __init__(
        self,
        spans: Sequence[Span],
        cells: Cells,
        supply: Supply,
        end_value: float,
        inside_value: float,
        *,
        commanded: bool = False,
        steps: tuple[int, int] | None = None,
    ) -> None:
        self.spans, self.cells, self.supply = spans, cells, supply
        self.end_value, self.inside_value, self.commanded = end_value, inside_value, commanded
        self.count = len(spans)
        room = cells.full_kwh - cells.floor_kwh
        usual = min(MOST_CHARGE_STEPS, max(2, round(room / CHARGE_STEP_KWH)))
        load_steps, battery_steps = steps or (LOAD_STEPS if room > 0 else ALONE_STEPS, usual)
        holder = supply.holder
        self.grid = Grid(cells.floor_kwh, cells.full_kwh, room / battery_steps if room > 0 else 1.0)
        self.load = Grid(holder.least_kwh, holder.full_kwh, (holder.full_kwh - holder.least_kwh) / load_steps)
        self.charges = self.grid.points if room > 0 else [cells.floor_kwh]
        self.phases = supply.phases()
        self.again = bisect_right(self.load.points, holder.again_kwh + 1e-9)  # the first point that stays full
        self._ways: dict[tuple[float, float], Way] = {}

    def at_the_end(self) -> list[Table]:
        table = [
            [-self.end_value * stored - self.inside_value * inside for inside in self.load.points]
            for stored in self.charges
        ]
        return [table] * (len(self.phases) + 1)

    def before(self, index: int, later: list[Table]) -> list[Table]:
        span, full = self.spans[index], later[-1]
        powers = self.supply.worth_trying(span, self.cells)[1:] if span.at_home else []
        off: dict[int, Table] = {}
        on: dict[int, Table] = {}
        found = []
        for phase in self.phases:
            best: Table | None = None
            for is_on, after in phase:
                known = on if is_on else off
                if after not in known:
                    known[after] = self._slot(span, (powers or [0.0]) if is_on else [0.0], later[after], full)
                table = known[after]
                best = table if best is None else [least(one, two) for one, two in zip(best, table, strict=True)]
            assert best is not None
            found.append(best)
        found.append(self._full(span, later[FREE], full, found[FREE]))
        if not span.drawn_kwh:
            return found
        taken = [self._drawn(span, table, table) for table in found[:-1]]
        return [*taken, self._drawn(span, found[-1], found[FREE])]

    def act(self, index: int, later: list[Table], state: State) -> tuple[float, State]:
        span, supply = self.spans[index], self.supply
        inside = state.inside_kwh
        if span.drawn_kwh:
            inside, _missed = supply.holder.drawn(inside, span.drawn_kwh)
        is_full = state.is_full and inside > supply.holder.again_kwh
        best: tuple[float, float, State] | None = None
        for power_kw, phase in self._choices(span, state.phase, is_full):
            drawn, after = supply.holder.after(inside, power_kw, span.hours)
            full = (is_full and after > supply.holder.again_kwh) or after >= supply.holder.full_kwh - 1e-12
            table = later[-1] if full else later[phase]
            for bought, stored in self._battery(span, state.stored_kwh, span.need_kwh + drawn):
                cost = money(bought, span)
                value = cost + self._at(table, stored, after)
                if best is None or value < best[0] - 1e-12:
                    best = value, cost, State(stored, after, FREE if full else phase, full, drawn)
        assert best is not None
        return best[1], best[2]

    def _choices(self, span: Span, phase: int, is_full: bool) -> Iterator[tuple[float, int]]:
        if is_full:
            yield 0.0, FREE
            return
        powers = self.supply.worth_trying(span, self.cells)[1:] if span.at_home else [0.0]
        for is_on, after in self.phases[phase]:
            for power_kw in powers if is_on else [0.0]:
                yield power_kw, after

    def _battery(self, span: Span, stored: float, need_kwh: float) -> Iterator[tuple[float, float]]:
        """Yield (bought, stored afterwards) of all that the battery may do."""
        cells = self.cells
        bought, after = cells.by_itself(stored, need_kwh, span.hours, span.keep_kwh)
        yield bought, after
        if self.commanded:
            if after != stored:
                yield need_kwh, stored
            taken = cells.taken(stored, cells.charge_kw * span.hours, span.hours)
            if taken:
                yield need_kwh + taken, stored + taken * cells.one_way

    def _way(self, power_kw: float, hours: float) -> Way:
        """Return what a slot makes of each content; without power, of a full one too."""
        way = self._ways.get((power_kw, hours))
        if way is None:
            places, topped, holder, load = [], [], self.supply.holder, self.load
            for inside in load.points:
                drawn, after = holder.after(inside, power_kw, hours)
                if power_kw and after >= holder.full_kwh - 1e-12:
                    topped.append(drawn)
                    continue
                place = min(max((after - load.least) / load.step, 0.0), load.last - 1e-9)
                places.append((int(place), place - int(place)))
            way = self._ways[power_kw, hours] = Way(places, power_kw * hours, topped)
        return way

    def _slot(self, span: Span, powers: Sequence[float], later: Table, full: Table) -> Table:
        """Return the values before a slot at the best of some powers."""
        best: Table | None = None
        for power_kw in powers:
            way = self._way(power_kw, span.hours)
            rows = [
                [row[number] + (row[number + 1] - row[number]) * part for number, part in way.places] for row in later
            ]
            table = self._with_battery(span, span.need_kwh + way.kwh, rows)
            if way.topped:
                brim = [row[-1:] for row in full]
                for drawn in way.topped:
                    tops = self._with_battery(span, span.need_kwh + drawn, brim)
                    table = [row + top for row, top in zip(table, tops, strict=True)]
            best = table if best is None else [least(one, two) for one, two in zip(best, table, strict=True)]
        assert best is not None
        return best

    def _full(self, span: Span, later_free: Table, later: Table, free: Table) -> Table:
        """Return the values before a slot in which a load that had enough takes nothing."""
        again, ways = self.again, self._way(0.0, span.hours).places[self.again :]
        rows = []
        for low, high in zip(later_free, later, strict=True):
            row = low[:again] + high[again:]
            rows.append([row[number] + (row[number + 1] - row[number]) * part for number, part in ways])
        tops = self._with_battery(span, span.need_kwh, rows)
        return [row[:again] + top for row, top in zip(free, tops, strict=True)]

    def _with_battery(self, span: Span, need_kwh: float, rows: Table) -> Table:
        """Return the values before the battery has done the best of what it may do."""
        grid = self.grid
        found = []
        for stored in self.charges:
            best: Row | None = None
            for bought, after in self._battery(span, stored, need_kwh):
                cost = money(bought, span)
                place = (after - grid.least) / grid.step
                number = int(place)
                part = place - number
                if part < 1e-9 or number >= len(rows) - 1:
                    row = [value + cost for value in rows[min(number, len(rows) - 1)]]
                else:
                    row = [
                        one + (two - one) * part + cost for one, two in zip(rows[number], rows[number + 1], strict=True)
                    ]
                best = row if best is None else least(best, row)
            assert best is not None
            found.append(best)
        return found

    def _drawn(self, span: Span, table: Table, free: Table) -> Table:
        """Return the values before people have drawn; what was full and no longer is takes again."""
        holder, load = self.supply.holder, self.load
        found = []
        for own, other in zip(table, free, strict=True):
            row = []
            for inside in load.points:
                left, missed = holder.drawn(inside, span.drawn_kwh)
                source = other if left <= holder.again_kwh else own
                row.append(load.at(source, left) + missed * self.supply.miss_price)
            found.append(row)
        return found

    def _at(self, table: Table, stored: float, inside: float) -> float:
        grid = self.grid
        place = min(max((stored - grid.least) / grid.step, 0.0), float(len(table) - 1))
        number = min(int(place), max(0, len(table) - 2))
        low = self.load.at(table[number], inside)
        if len(table) == 1:
            return low
        return low + (self.load.at(table[number + 1], inside) - low) * (place - number)

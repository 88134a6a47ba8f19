"""What is still to be paid, charge by charge, beside a battery that follows the meter: one slot further back."""

from __future__ import annotations

from collections.abc import Sequence

from solarctl.control.plan_house import House

Line = list[float]  # money, for each charge on a grid from empty on


def earlier(house: House, t: int, value: Sequence[float], need: float, paid: float, top: int, grain: float) -> Line:
    """Return what is to be paid from slot `t` on, for the charges 0 to `top` (in steps of `grain` kWh).

    `value` is the same from the next slot on; between two charges it is a straight line. `need` is what the house draws
    in the slot (kWh, negative: is left over), `paid` what is given for it (money). The grid's limit is not looked at.
    """
    power, efficiency, buy, sell = house.battery.power, house.battery.efficiency, house.buy[t], house.sell[t]
    last = len(value) - 1
    if need > 0:
        given = need if need < power else power
        at = given / grain
        whole = min(int(at), top)
        part = at - whole
        rest, fixed = 1 - part, (need - given) * buy - paid
        nothing, less = value[0] + need * buy - paid, grain * buy
        line = [nothing - index * less for index in range(whole + 1)]
        if top > whole:
            line += [rest * one + part * other + fixed for one, other in zip(value[1:], value)]
            line += [value[last] + fixed] * (top + 1 - len(line))
    else:
        taken = -need if -need < power else power
        at = taken * efficiency / grain
        whole = int(at)
        part = at - whole
        rest, fixed = 1 - part, (need + taken) * sell - paid
        line = [rest * one + part * other + fixed for one, other in zip(value[whole:], value[whole + 1 :])]
        more, full = grain / efficiency * sell, value[last] + need * sell - paid
        line += [full + (last - index) * more for index in range(len(line), top + 1)]
    del line[top + 1 :]
    return line

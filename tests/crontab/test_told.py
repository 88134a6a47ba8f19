"""`crontab check` as a person reads it."""


def test_a_mistake_of_many_lines_is_told_once(house, tmp_path):
    """crontab.example copied as it is: one sentence names all its lines; JSON has each."""
    table = tmp_path / "table"
    table.write_text("".join(f"*/{n} * * * * solarctl grid-guard -q\n" for n in (5, 6, 10)))
    said = house.run("crontab", "check", "--file", str(table)).out
    assert said.count("cron will not find solarctl") == 1
    assert f"error: lines 1–3, {table}: cron will not find solarctl" in said
    problems = house.json("crontab", "check", "--file", str(table))["problems"]
    assert [one["line"] for one in problems if "will not find" in one["message"]] == [1, 2, 3]


PLAN = """
[devices.sun]
driver = "open-meteo-solar"
peak_kw = 3
[plan]
forecast = "sun"
grid = "meter"
"""


def test_a_plan_wants_its_forecast_learned(house, tmp_path):
    """`forecast` corrects what `plan` goes by: a house that plans has its line, and needs no table for it."""
    table = tmp_path / "table"
    own = house.config_path.read_text()
    house.config_path.write_text(own + PLAN)
    table.write_text(house.run("crontab", "print").out)
    assert " forecast " in table.read_text()
    assert "forecast has no table" not in house.run("crontab", "check", "--file", str(table)).out
    house.config_path.write_text(own)
    assert " forecast " not in house.run("crontab", "print").out
    assert "forecast has no table" in house.run("crontab", "check", "--file", str(table)).out

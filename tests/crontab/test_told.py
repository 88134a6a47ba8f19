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

"""The lazy table of commands: name → where it is, and its line in `--help`; nothing is imported for it."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "grid-guard": ("grid_guard:command", "Bring the grid in while the battery is low."),
    "easee-balance": ("easee_balance:command", "Let the car draw what the sun leaves over."),
    "calibrate": ("calibrate:command", "Measure which power a variator passes at which percent."),
    "balance": ("balance:command", "Give every surplus watt a place (MQTT)."),
    "peak-mode": ("peak_mode:command", "Let the home battery feed the house while power is dear."),
    "precool": ("precool:command", "Cool the house down before power becomes dear."),
    "thermostat-step": ("thermostat_step:command", "Let the house get warmer as the battery runs down."),
    "forecast": ("forecast:command", "Show what the panels will give, hour by hour."),
    "apply": ("apply:command", "Switch the planned devices: by the plan and by the sun that is really there."),
    "plan": ("plan:command", "Plan when each load runs: sun, prices, deadlines."),
    "token-refresh": ("token_refresh:command", "Renew the tokens that are due; log in."),
    "eod-status": ("eod_status:command", "Mail how the day went."),
    "record": ("record:command", "Write one row of all meters into history."),
    "status": ("status:command", "Show every device, its age, and what was missed."),
    "why": ("why:command", "Explain what was decided, and when."),
    "report": ("report:command", "Show a day, month or year as a page with pictures."),
    "check": ("check:command", "Find mistakes in the config and its surroundings."),
    "device": ("device:group", "List, read and steer devices by hand."),
    "force": ("force:force", "Give a load or charger manual power for a while."),
    "unforce": ("force:unforce", "Let the rules steer it again."),
    "pause": ("pause:pause", "Let rules look but not touch."),
    "resume": ("pause:resume", "End a pause."),
    "crontab": ("crontab:group", "Print, install and check the schedule."),
    "setup": ("setup:command", "Write config.toml with you, trying every device."),
    "demo": ("demo:command", "Play a day of cron against a virtual home."),
    "simulate": ("simulate:command", "Prove a config on a year before trusting it."),
    "completion": ("completion:command", "Print the completion script of a shell."),
}

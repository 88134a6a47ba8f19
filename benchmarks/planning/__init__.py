"""Planning: what the planner saves, how far from the optimum, at what cost in CPU."""

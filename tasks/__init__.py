"""Steps: thin Prefect tasks, one module per step, and the pure decisions they call."""

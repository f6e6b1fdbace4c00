"""Sweeps: a run is stopped, or a request fails, at every place where that can happen."""

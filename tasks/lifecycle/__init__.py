"""Decisions are pure: nothing in here reads a clock, a file, a setting or the network."""

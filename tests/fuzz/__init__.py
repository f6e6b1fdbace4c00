"""Hostile input for everything that we read: what comes of it is an answer or one of our errors."""

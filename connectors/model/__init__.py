"""The nouns and protocols that cross the boundary between decisions and systems. No I/O here."""

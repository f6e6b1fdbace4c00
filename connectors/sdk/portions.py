"""How many persons are taken together: as many as are begun within some time.

What was taken is carried out: whoever stops a run, or loses its lock, waits for it.
"""


def next_portion(
    many: int, took_seconds: float, *, most: int, within_seconds: float, growth: int = 2
) -> int:
    """How many persons to take next.

    Args:
        many: How many were taken last.
        took_seconds: How long it took until they were begun.
        most: How many may be taken at once.
        within_seconds: How long it may take.
        growth: So many times as many at most, where even those would be begun in time; twice as
            many in any case.
    """
    if growth * took_seconds < within_seconds:
        return min(growth * many, most)
    if took_seconds < within_seconds:
        return min(2 * many, most)
    return max(1, min(most, int(many * within_seconds / took_seconds)))

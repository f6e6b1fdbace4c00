"""`retour explain`: everything about one person, without Prefect's server, so that it is quick."""

from datetime import date

from flows.explain_view import show_explanation
from flows.one_command import prepare
from flows.terminal import show_json, talk
from flows.watch import watching


def run_explain(
    profile: str, person: str, as_of: date | None, log_level: str, *, as_json: bool
) -> int:
    """Explain a person on stdout; returns the exit code."""
    prepare(log_level)
    from tasks.explaining import explain_person

    with watching(talk()) as watch:
        watch.phase("Reading everything")
        content = explain_person(profile, person, as_of)
    if as_json:
        show_json(content)
    else:
        show_explanation(content)
    return 0

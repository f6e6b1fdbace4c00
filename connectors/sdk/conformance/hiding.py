"""Laws about secrets: no log line shows one, whatever is logged and whatever goes wrong."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import csv
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.model.change import EnableAccount, Verb
from connectors.model.errors import ConnectorError
from connectors.sdk.conformance.bounds import unhurried
from connectors.sdk.conformance.changing import create, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require
from connectors.sdk.trouble import Trouble


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def everything_that_is_logged() -> Iterator[list[str]]:
    """Every line that any logger writes at any level, tracebacks included."""
    keeper, root = _Keeper(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in root.manager.loggerDict)]
    kept = [(logger, logger.level, logger.disabled) for logger in loggers]
    root.addHandler(keeper)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
    try:
        yield keeper.lines
    finally:
        root.removeHandler(keeper)
        for logger, level, disabled in kept:
            logger.setLevel(level)
            logger.disabled = disabled


@target_law()
def no_log_line_shows_a_secret(subject: Subject) -> None:
    with everything_that_is_logged() as lines:
        logging.getLogger(__name__).debug("listening")
        with subject.reader() as reader:
            reader.read()
            list(reader.check())
        if subject.offers(Verb.CREATE):
            change = create(subject, subject.persons[0])
            subject.apply(change)
            subject.apply(change)
        if subject.offers(Verb.UPDATE):
            person = subject.persons[0]
            subject.apply(update(subject, person, subject.ref_of(person), subject.update))
        _quarrel(subject)
    require(that=bool(lines), otherwise="nothing was listened to")
    for secret in subject.secret_texts():
        told = [line.replace(secret, "***") for line in lines if secret in line]
        require(that=not told, otherwise=f"a secret is logged: {told[:1]}")


@target_law(Verb.CREATE, setting="initial_passwords", once=True)
def an_initial_password_is_in_its_sink_and_nowhere_else(subject: Subject) -> None:
    shown: list[str] = []
    with TemporaryDirectory() as folder, everything_that_is_logged() as lines:
        sink = Path(folder) / "initial-passwords.csv"
        given = {"initial_passwords": f"file:{sink}"}
        for place, person in enumerate(subject.persons[:2]):
            if place and subject.offers_hook(Trouble.LOST):
                subject.trouble.order(Trouble.LOST, writing=True)  # what is told when it goes wrong
            changes = [create(subject, person)]
            with unhurried():
                receipts, error = subject.attempt(*changes, **given)
            if subject.faults is not None:
                subject.faults.heal()
            shown += [json.dumps(one.to_json()) + repr(one) for one in receipts] + [repr(error)]
            shown += [repr(one) for one in changes]
        person = subject.persons[0]
        if subject.offers(Verb.ENABLE):
            on = EnableAccount(
                target=TARGET, person=person, ref=subject.ref_of(person), after={"enabled": True}
            )
            receipts, error = subject.attempt(on, **given)
            shown += [json.dumps(one.to_json()) + repr(one) for one in receipts] + [repr(error)]
        accounts = subject.read()
        shown += [accounts.attributes.to_json(), accounts.accounts.to_json(), *lines]
        passwords = _delivered(sink)
    logins = {login for login, _ in passwords}
    told = f"initial passwords were handed over for {len(logins)} accounts of two"
    require(that=len(logins) == 2, otherwise=told)
    shared = len({password for _, password in passwords}) < len(logins)
    require(that=not shared, otherwise="two people got one password")
    for text in shown:
        leaks = any(password in text for _, password in passwords)
        require(that=not leaks, otherwise="an initial password is shown outside its sink")


def _delivered(sink: Path) -> list[tuple[str, str]]:
    """Whose password was handed over, and which, by the file that the setting names."""
    if not sink.exists():
        return []
    with sink.open(encoding="utf-8", newline="") as file:
        return [(row["login"], row["password"]) for row in csv.DictReader(file)]


def _quarrel(subject: Subject) -> None:
    """Be refused, for that is when people log the most."""
    if subject.faults is None or Trouble.UNAUTHORIZED not in subject.faults.kinds:
        return
    subject.faults.order(Trouble.UNAUTHORIZED, writing=False, times=-1)
    with unhurried(), suppress(ConnectorError):
        subject.read()
    subject.faults.heal()

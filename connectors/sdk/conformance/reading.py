"""Laws about reading people and accounts."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from datetime import date

import pandas as pd

from connectors.model.change import DeleteAccount, Verb
from connectors.model.connector import ListsPermissions, ReadsChanges
from connectors.model.errors import RetourError
from connectors.sdk.conformance.changing import someone, succeeds, update
from connectors.sdk.conformance.law import source_law, target_law
from connectors.sdk.conformance.subject import (
    TARGET,
    BrokenLaw,
    Subject,
    Unproven,
    require,
    same_frame,
)

AS_OF = date(2026, 11, 23)


@source_law
def two_readings_of_people_are_equal(subject: Subject) -> None:
    with subject.source() as source:
        one, other = source.read(as_of=AS_OF), source.read(as_of=AS_OF)
    require(that=one.digest == other.digest, otherwise="two readings have two digests")


@source_law
def every_person_is_read_or_left_out_with_a_reason(subject: Subject) -> None:
    with subject.source() as source:
        people = source.read(as_of=AS_OF)
    found = len(people) + len(people.blocked)
    require(that=found == subject.people, otherwise=f"{found} persons of {subject.people}")
    reasons = people.blocked["reason"].notna().all()
    require(that=bool(reasons), otherwise="somebody is left out without a reason")
    twice = set(people.persons["external_id"]) & set(people.blocked["external_id"])
    require(that=not twice, otherwise=f"{sorted(twice)} are read and left out")


@source_law
def reading_people_writes_nothing(subject: Subject) -> None:
    before = subject.content()
    with subject.source() as source:
        source.read(as_of=AS_OF)
        findings = list(source.check())
    require(that=subject.content() == before, otherwise="the sandbox changed while it was read")
    wrong = [finding.detail for finding in findings if not finding.ok]
    require(that=bool(findings), otherwise="check looked at nothing")
    require(that=not wrong, otherwise=f"check finds fault with a sandbox in order: {wrong}")


@target_law()
def two_readings_of_accounts_are_equal(subject: Subject) -> None:
    with subject.reader() as reader:
        one, other = reader.read(), reader.read()
    for part in ("accounts", "attributes", "grants", "permissions", "taken"):
        same = same_frame(getattr(one, part), getattr(other, part))
        require(that=same, otherwise=f"{part} differ between two readings")


@target_law()
def reading_accounts_writes_nothing(subject: Subject) -> None:
    before = subject.content()
    with subject.reader() as reader:
        reader.read()
        findings = list(reader.check())
    require(that=subject.content() == before, otherwise="the sandbox changed while it was read")
    wrong = [f"{finding.subject}: {finding.detail}" for finding in findings if not finding.ok]
    require(that=bool(findings), otherwise="check looked at nothing")
    require(that=not wrong, otherwise=f"check finds fault with a sandbox in order: {wrong}")


@target_law()
def permissions_that_are_listed_are_those_that_are_read(subject: Subject) -> None:
    before = subject.content()
    with subject.reader() as reader:
        if not isinstance(reader, ListsPermissions):
            message = "the reader lists permissions with the accounts only"
            raise Unproven(message)
        listed, read = reader.permissions(), reader.read().permissions
    same = same_frame(listed, read[["name", "grantable"]])
    require(that=same, otherwise="the permissions differ from those of a reading")
    require(that=subject.content() == before, otherwise="the sandbox changed while it was read")


@target_law()
def a_reading_has_the_shape_that_the_manifest_declares(subject: Subject) -> None:
    accounts, manifest = subject.read(), subject.manifest
    strange = [name for name in accounts.attributes if manifest.attribute(str(name)) is None]
    require(that=not strange, otherwise=f"attributes that the manifest does not know: {strange}")
    if manifest.correlation in accounts.attributes:
        values = accounts.attributes[manifest.correlation].astype("str")
        same = values.fillna("").eq(accounts.accounts["person"].fillna("")).all()
        require(that=bool(same), otherwise=f"`person` is not what {manifest.correlation} holds")
    strays = ~accounts.grants["ref"].isin(accounts.accounts.index)
    require(that=not strays.any(), otherwise="a grant of an account that was not read")
    unknown = ~accounts.grants["permission"].isin(accounts.permissions.index)
    require(that=not unknown.any(), otherwise="a grant of a permission that was not read")
    utc = pd.Timestamp(accounts.taken_at).utcoffset() == pd.Timedelta(0)
    require(that=utc, otherwise="taken_at is not UTC")


@target_law()
def a_reading_by_what_was_kept_equals_a_full_one(subject: Subject) -> None:
    kept: bytes | None = None
    for step in (None, "create", "update", "delete", "nonsense"):
        _change(subject, step)
        with subject.reader() as reader:
            if not isinstance(reader, ReadsChanges):
                message = "the reader reads everything each time"
                raise Unproven(message)
            told, kept = reader.read_since(b"no such thing" if step == "nonsense" else kept)
        full = subject.read()
        for part in ("accounts", "attributes", "grants", "permissions", "taken"):
            same = same_frame(getattr(told, part), getattr(full, part))
            require(that=same, otherwise=f"{part} differ after: {step or 'the first reading'}")
        for secret in subject.secret_texts():
            leaks = secret.encode() in (kept or b"")
            require(that=not leaks, otherwise="what is kept holds a secret")


def _change(subject: Subject, step: str | None) -> None:
    """Do what the step says, as far as the target offers it."""
    person = subject.persons[0]
    if step == "create":
        for place in range(2):
            someone(subject, place=place)
    if step == "update" and subject.offers(Verb.UPDATE):
        ref = subject.ref_of(person)
        succeeds(subject.apply(update(subject, person, ref, subject.update)))
    if step == "delete" and subject.offers(Verb.DELETE) and not subject.manifest.delete_clears:
        ref = subject.ref_of(person)
        succeeds(subject.apply(DeleteAccount(target=TARGET, person=person, ref=ref)))


@target_law(needs=("secrets",))
def wrong_credentials_are_an_error_that_shows_no_secret(subject: Subject) -> None:
    try:
        with subject.reader(**subject.secrets) as reader:
            reader.read()
    except RetourError as error:
        shown = [str(error), repr(error), str(error.__cause__), str(error.__context__)]
        for secret in (*subject.secrets.values(), *subject.secret_texts()):
            leaks = [text for text in shown if secret in text]
            require(that=not leaks, otherwise=f"{type(error).__name__} shows a secret")
    else:
        message = "wrong credentials were let in"
        raise BrokenLaw(message)

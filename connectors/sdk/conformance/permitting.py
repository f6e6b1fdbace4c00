"""Laws about granting and revoking."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from connectors.model.change import GrantPermission, RevokePermission, Verb
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import Value
from connectors.sdk.conformance.changing import fails, someone, succeeds
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require


@target_law(Verb.GRANT, Verb.REVOKE)
def granting_what_is_held_and_revoking_what_is_absent_succeed_quietly(subject: Subject) -> None:
    person, ref = someone(subject)
    grant = GrantPermission(target=TARGET, person=person, ref=ref, after=_named(subject))
    revoke = RevokePermission(target=TARGET, person=person, ref=ref, before=_named(subject))
    for change, wanted in (
        (revoke, False),
        (grant, True),
        (grant, True),
        (revoke, False),
        (revoke, False),
    ):
        before = _holds(subject, ref)
        [receipt] = subject.apply(change)
        succeeds([receipt])
        _says_so(receipt, quiet=before is wanted)
        holds = _holds(subject, ref)
        require(that=holds is wanted, otherwise=f"held is {holds} after {change.verb}")


@target_law(Verb.GRANT, Verb.REVOKE)
def a_missing_account_can_be_revoked_from_and_not_granted_to(subject: Subject) -> None:
    person, ref = subject.persons[0], subject.missing_ref
    before = subject.content()
    succeeds(
        subject.apply(
            RevokePermission(target=TARGET, person=person, ref=ref, before=_named(subject))
        )
    )
    fails(
        subject.apply(GrantPermission(target=TARGET, person=person, ref=ref, after=_named(subject)))
    )
    require(that=subject.content() == before, otherwise="something was written all the same")


def _says_so(receipt: Receipt, *, quiet: bool) -> None:
    expected = Outcome.ALREADY if quiet else Outcome.DONE
    says = receipt.outcome is expected
    require(that=says, otherwise=f"{receipt.verb} says {receipt.outcome}, not {expected}")


def _named(subject: Subject) -> dict[str, Value]:
    permissions = subject.read().permissions
    known = subject.permission in permissions.index
    require(that=known, otherwise=f"there is no permission {subject.permission}")
    name = str(permissions.loc[subject.permission, "name"])
    return {"permission": subject.permission, "name": name}


def _holds(subject: Subject, ref: str) -> bool:
    grants = subject.read().grants
    return bool(((grants["ref"] == ref) & (grants["permission"] == subject.permission)).any())

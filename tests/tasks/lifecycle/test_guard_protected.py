from connectors.model.change import Verb
from tasks.lifecycle.guard import lift
from tasks.lifecycle.guard_protected import protect, protects_nothing, review_protected
from tests.tasks.lifecycle.guarded import change, changes, plan_of, policies, reading, reasons


def test_a_protected_account_is_never_touched_whatever_was_approved():
    found = [change(Verb.UPDATE, after={"x": "y"}), change(Verb.UPDATE, "2", "b", after={"x": "y"})]
    (objection,) = lift(review_protected(plan_of(found), {"ad": frozenset({"b"})}), approved=True)
    assert objection.structural
    assert objection.reason == (
        "ad: update of 2, whose account b is protected (targets.ad.protected, or the target "
        "itself); no approval lifts that, and it is a fault of Retour's"
    )


def test_a_protected_person_is_touched_in_no_target_and_given_no_account_either():
    found = [change(Verb.CREATE, "7", None, after={"x": "y"}), *changes(Verb.UPDATE, 2)]
    (objection,) = review_protected(plan_of(found), {}, frozenset({"7"}))
    assert objection.reason.startswith("ad: create of 7, a protected person (protected.persons)")
    assert objection.persons == ("7",)


def test_forgetting_what_is_protected_touches_nothing():
    found = [change(Verb.UNMANAGE, "7", "b", before={"number": "7"})]
    assert review_protected(plan_of(found), {"ad": frozenset({"b"})}, frozenset({"7"})) == []


def test_a_profile_protects_accounts_by_native_id_or_by_name_in_any_case():
    held = reading(["a", "b", "c", "d"], labels={"b": "Director", "c": "director2"}, protected="d")
    protect(held, ("a", "DIRECTOR"))
    assert held.accounts["protected"].tolist() == [True, True, False, True]


def test_without_names_a_reading_stays_as_it_is():
    held = reading(["a", "b"], protected="b")
    protect(held, ())
    assert held.accounts["protected"].tolist() == [False, True]


def test_a_name_that_is_misspelt_protects_nothing_and_that_is_told():
    held = {"ad": reading(["a"], labels={"a": "Director"})}
    named = policies(protected=("director", "direktor"))
    notes = protects_nothing(named, held, frozenset({"1", "9"}), {"1", "2"})
    assert [(note.target, note.person, note.code) for note in notes] == [
        ("", "9", "protects_nothing"),
        ("ad", "", "protects_nothing"),
    ]
    assert "'direktor'" in reasons(notes)[1]
    assert protects_nothing(policies(), held, frozenset(), set()) == []

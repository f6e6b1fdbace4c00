"""Laws about reading in pages: their size does not matter, and they come to an end."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from connectors.model.errors import RetourError
from connectors.sdk.conformance.bounds import bounded, unhurried
from connectors.sdk.conformance.changing import someone
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import BrokenLaw, Subject, require, same_frame
from connectors.sdk.trouble import Trouble


@target_law(needs=("page_size",))
def the_smallest_pages_and_the_largest_give_the_same(subject: Subject) -> None:
    for place in range(2):
        someone(subject, place=place)
    readings = []
    for size in subject.page_sizes:
        with subject.reader(**{subject.page_size: size}) as reader:
            readings.append(reader.read())
    enough = len(readings[0].accounts) > 1
    require(that=enough, otherwise="there are too few accounts to tell anything by")
    for part in ("accounts", "attributes", "grants", "permissions", "taken"):
        same = same_frame(*(getattr(reading, part) for reading in readings))
        require(that=same, otherwise=f"{part} differ with the size of the pages")


@target_law(needs=("page_size", Trouble.REPEATED_PAGE.value))
def a_page_that_comes_again_is_an_error_and_no_endless_reading(subject: Subject) -> None:
    for place in range(2):
        someone(subject, place=place)
    subject.trouble.order(Trouble.REPEATED_PAGE, writing=False, times=-1)
    with unhurried(), subject.reader(**{subject.page_size: subject.page_sizes[0]}) as reader:
        try:
            bounded(reader.read)
        except BrokenLaw:
            raise
        except RetourError:
            return
    message = "a page came again, and nobody noticed"
    raise BrokenLaw(message)

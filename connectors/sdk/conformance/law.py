"""The list of laws, filled by the modules that state them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.model.change import Verb
from connectors.model.connector import Connector
from connectors.model.manifest import Manifest
from connectors.sdk.conformance.subject import Subject, Unproven, require

Check = Callable[[Subject], None]


@dataclass(frozen=True, slots=True)
class Law:
    """One thing that holds for every connector it applies to.

    Attributes:
        name: A sentence.
        statement: Raises `BrokenLaw` where it does not hold.
        applies: Whether a connector with such a manifest can keep or break it.
        needs: What a subject has to offer for it: names of hooks, and kinds of `Trouble`.
        once: Whether one subject of a connector is enough: settings do not change the network.
    """

    name: str
    statement: Check
    applies: Callable[[Connector, Manifest], bool]
    needs: tuple[str, ...] = ()
    once: bool = False

    def check(self, subject: Subject) -> None:
        """Hold a subject to it.

        Raises:
            BrokenLaw: It does not hold; or the subject lacks what the law needs, and does not say
                why.
            Unproven: The subject says in `cannot` why it is not held to this law.
        """
        for need in (self.name, *self.needs):
            reason = subject.reason_against(need)
            if reason:
                raise Unproven(reason)
        for need in self.needs:
            told = f"the subject offers no {need!r}, and does not say in `cannot` why not"
            require(that=subject.offers_hook(need), otherwise=told)
        self.statement(subject)


LAWS: Final[list[Law]] = []


def source_law(check: Check) -> Check:
    """A law about connectors that read people."""

    def applies(connector: Connector, _: Manifest) -> bool:
        return connector.open_source is not None

    LAWS.append(Law(_sentence(check), check, applies))
    return check


def target_law(
    *verbs: Verb, needs: tuple[str, ...] = (), once: bool = False, setting: str = ""
) -> Callable[[Check], Check]:
    """A law about connectors that read accounts and execute all of these verbs.

    Args:
        verbs: All of them.
        needs: What the subject has to offer, as in `Law`.
        once: Whether one subject is enough, as in `Law`.
        setting: A setting without which the law says nothing about a connector.
    """

    def add(check: Check) -> Check:
        def applies(connector: Connector, manifest: Manifest) -> bool:
            if setting and setting not in connector.settings.model_fields:
                return False
            return connector.open_reader is not None and manifest.verbs.issuperset(verbs)

        LAWS.append(Law(_sentence(check), check, applies, needs, once))
        return check

    return add


def every_law(check: Check) -> Check:
    """A law about all connectors."""
    LAWS.append(Law(_sentence(check), check, lambda _, __: True))
    return check


def _sentence(check: Check) -> str:
    return check.__name__.replace("_", " ")

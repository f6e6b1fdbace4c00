"""The Recorder: takes the writer's seat in a preview and answers as a writer would have."""

from collections.abc import Iterable, Iterator

from connectors.model.change import Change, Verb
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Value
from connectors.sdk.fanout import receipt_of


class Recorder:
    """Pretends to execute changes and sends nothing anywhere.

    Its receipts equal a writer's, except in what only the target can give: the outcome says
    `recorded`, a created account has no native id, and `Pending` values stay pending.
    """

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Answer every change with the values it was planned to have."""
        for change in changes:
            produced: dict[str, Value] = {}
            if change.verb in {Verb.CREATE, Verb.UPDATE}:
                produced = {
                    name: value
                    for name, value in change.after.items()
                    if value is not CLEAR and name != "container"
                }
            yield receipt_of(change, Outcome.RECORDED, produced=produced)

    def close(self) -> None:
        """Nothing to let go of."""

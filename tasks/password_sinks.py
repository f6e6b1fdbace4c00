"""A sink of initial passwords that only Prefect has: a Secret block for each.

`prefect-secret:PREFIX` as `initial_passwords` of a target saves the password of the login `jboele`
as the block `PREFIX-jboele`, encrypted by the Prefect server. A later password for the same login
replaces the block. Connectors know no Prefect, so this is offered to them when a site is set up.
"""

import re
from typing import Final

from connectors.model.errors import ConfigError
from connectors.sdk.passwords import PasswordSink, offer_sink

KIND: Final = "prefect-secret"
_PREFIX: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]+")


class PrefectSecretSink:
    """Saves each password as a Secret block of the Prefect server that is configured.

    Args:
        prefix: Of the blocks' names; lower-case letters, digits and dashes.

    Raises:
        ConfigError: Not such a prefix.
    """

    def __init__(self, prefix: str) -> None:
        """Check the prefix; nothing is sent yet."""
        if not _PREFIX.fullmatch(prefix):
            message = (
                f"{KIND}:{prefix} should read {KIND}:PREFIX, lower-case letters, digits and dashes"
            )
            raise ConfigError(message)
        self._prefix = prefix

    def __repr__(self) -> str:
        """Name the prefix."""
        return f"PrefectSecretSink({self._prefix})"

    def block_of(self, login: str) -> str:
        """Name of the block with the password of a login.

        Logins that differ only in what a block's name cannot hold share one; the block says whose
        password it holds.
        """
        return f"{self._prefix}-{_NO_LETTER.sub('-', login.casefold()).strip('-')}"

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Save one password.

        Raises:
            OSError: The server did not take it.
        """
        from prefect.blocks.system import Secret

        content = {"person": person, "login": login, "password": password}
        try:
            Secret(value=content).save(self.block_of(login), overwrite=True)
        except Exception as error:  # noqa: BLE001 - whatever the client raises, nothing is set
            # Without its text, and without a cause: a validation error would quote the password.
            message = f"the Prefect server did not take the block {self.block_of(login)}"
            raise OSError(0, f"{message}, {type(error).__name__}") from None


def offer() -> None:
    """Let a profile name this sink."""
    opens: type[PasswordSink] = PrefectSecretSink
    offer_sink(KIND, opens, form=f"{KIND}:PREFIX (a Secret block of Prefect for each)")

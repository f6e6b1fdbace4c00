"""The Prefect block types of Retour, one per connector: `prefect block register -m tasks.blocks`.

They are made from the settings of the connectors, of other packages too, when this module is
imported; a run does not import it. `tasks.block_store` reads blocks.
"""

from functools import cache

from prefect.blocks.core import Block

from tasks.block_forms import make_block_type
from tasks.block_store import reaching_prefect
from tasks.setup import connector_names, find_connector


@cache
def block_type(connector: str) -> type[Block]:
    """The block type of a connector.

    Raises:
        ConfigError: There is none of that name.
    """
    return make_block_type(find_connector(connector))


def block_types() -> list[type[Block]]:
    """The block type of every connector that has settings, in the order of their names."""
    return [block_type(name) for name in connector_names() if _has_settings(name)]


def register_blocks() -> list[str]:
    """Make the block types known to the Prefect server that is configured, or bring them in step.

    Blocks that were saved before stay as they are.

    Returns:
        Their slugs.

    Raises:
        Unreachable: The server did not answer.
        Unauthorized: It did not let us in.
    """
    kinds = block_types()
    with reaching_prefect("register block types"):
        for kind in kinds:
            kind.register_type_and_schema(_sync=True)  # type: ignore[call-arg]  # Prefect's decorator takes it
    return [kind.get_block_type_slug() for kind in kinds]


def _has_settings(connector: str) -> bool:
    return bool(find_connector(connector).settings.model_fields)


globals().update({kind.__name__: kind for kind in block_types()})

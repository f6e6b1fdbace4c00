"""What the connector does, whatever domain it meets: the sandbox here, Samba in tests/real.

The fixture `lab` gives an empty domain.
"""

from tests.connectors.active_directory.behaviours.connecting import Connecting, Directories
from tests.connectors.active_directory.behaviours.creating import Creating
from tests.connectors.active_directory.behaviours.granting import Granting
from tests.connectors.active_directory.behaviours.increments import Increments
from tests.connectors.active_directory.behaviours.reading import Reading
from tests.connectors.active_directory.behaviours.states import (
    EnablingAndDisabling,
    MovingAndDeleting,
)
from tests.connectors.active_directory.behaviours.updating import Updating

__all__ = [
    "Connecting",
    "Creating",
    "Directories",
    "EnablingAndDisabling",
    "Granting",
    "Increments",
    "MovingAndDeleting",
    "Reading",
    "Updating",
]

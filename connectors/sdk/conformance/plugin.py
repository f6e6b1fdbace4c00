"""The laws as tests of pytest, for a connector in this repository or in any other package.

From the command line, where Retour is installed:

    pytest --retour-connector NAME           (again for more of them; -k picks laws by their words)

or as a test module of the connector's own package:

    from connectors.sdk.conformance.plugin import keeps_the_laws

    test_laws = keeps_the_laws("NAME")

NAME is what a profile says. A connector outside this repository makes itself known by the entry
point group `retour.connectors`; beside its settings lies a module `conformance` with its subjects.
A law that a subject states a reason against is skipped with that reason, and with no other.
"""

# Nothing heavy is imported before a test needs it: pytest loads this at every start.
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

OPTION: Final = "--retour-connector"
SUITE: Final = Path(__file__).with_name("suite.py")


def keeps_the_laws(*names: str) -> Callable[..., None]:
    """A test that holds connectors to every law that applies to them, a case for each.

    Args:
        names: As in a profile.

    Raises:
        ConfigError: There is no such connector, or it presents no subject.
    """
    from connectors.sdk.conformance.cases import cases_of

    cases = [pytest.param(case, id=str(case)) for name in names for case in cases_of(name)]

    def test_law(case: Any) -> None:
        hold(case)

    held: Callable[..., None] = pytest.mark.parametrize("case", cases)(test_law)
    return held


def hold(case: Any) -> None:
    """Check one case; skip it where its subject says why."""
    from connectors.sdk.conformance.subject import Unproven

    try:
        case.check()
    except Unproven as reason:
        pytest.skip(str(reason))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("retour").addoption(
        OPTION,
        action="append",
        default=[],
        metavar="NAME",
        help="Hold this connector to the laws of Retour; may be given again.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """With the option and no files named, the laws are what is run."""
    if config.getoption(OPTION) and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(SUITE)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases of the connectors that the option names."""
    if Path(metafunc.module.__file__ or "") != SUITE:
        return
    from connectors.model.errors import ConfigError
    from connectors.sdk.conformance.cases import cases_of

    names = metafunc.config.getoption(OPTION)
    try:
        cases = [pytest.param(case, id=str(case)) for name in names for case in cases_of(name)]
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("case", cases)

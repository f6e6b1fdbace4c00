"""`retour sandbox`: sandboxes on loopback until Ctrl-C, and how a profile reaches them."""

import re
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import Any, Final

import yaml

from config.loader import PACKAGED
from config.secrets import SCHEME, variable_of
from config.yaml_file import read_yaml
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from flows.terminal import say
from tasks.setup import serve_sandbox

DEFAULT: Final = ("afas", "active_directory", "entra_id", "google_workspace")
PROFILE: Final = "demo"
_VARIABLE: Final = re.compile(r"(file:)?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}")


def serve(names: Sequence[str], *, people: int, seed: int, data: Path | None, port: int) -> None:
    """Serve sandboxes until SIGINT or SIGTERM; all they hold is gone then.

    Args:
        names: Connectors; none for those of the demo profile.
        people: Number of invented persons.
        seed: The same seed gives the same persons.
        data: A file to start from; for one sandbox.
        port: Of the first one; the others take the next ones. 0 for any free ones.

    Raises:
        ConfigError: A name without a sandbox, a port that is taken, data of another form.
    """
    wanted = tuple(dict.fromkeys(names)) or DEFAULT
    if data is not None and len(wanted) > 1:
        raise ConfigError(
            "a file is the content of one sandbox: name the one it is for", key="data"
        )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retour-sandbox-")))
        served: dict[str, Mapping[str, Any]] = {}
        for place, name in enumerate(wanted):
            options = SandboxOptions(
                people=people,
                seed=seed,
                data=data,
                port=port + place if port else 0,
                state=folder.resolve() / name,
            )
            served[name] = stack.enter_context(_sandbox(name, options)).settings
        for text in instructions(served):
            print(text, flush=True)
        say(f"Serving {', '.join(wanted)} until Ctrl-C; then all of it is gone.", "dim")
        ended.wait()


def _sandbox(name: str, options: SandboxOptions) -> Any:
    try:
        return serve_sandbox(name, options)
    except OSError as error:
        raise ConfigError(f"port {options.port}: {error.strerror}", key="port") from error


def instructions(served: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Lines to paste: the variables of the demo profile, and settings for what it does not name.

    Args:
        served: Settings by connector.
    """
    variables, rest = demo_variables(served)
    if variables:
        yield f"# For the profile {PROFILE}: paste into the terminal in which you try it."
        yield from (f"export {name}={quote(value)}" for name, value in variables.items())
    for name, settings in rest.items():
        yield f"# {name}: paste below the source or the target of a profile."
        yield yaml.safe_dump(
            {"connector": name, "settings": dict(settings)}, sort_keys=False, allow_unicode=True
        ).rstrip()


def demo_variables(
    served: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    """Values for the variables and secrets that the demo profile refers to, as its file says it.

    Args:
        served: Settings by connector.

    Returns:
        Variable -> value, and what of `served` the profile does not name.
    """
    content: Any = read_yaml(PACKAGED / f"{PROFILE}.yaml").content
    specs = [content["source"], *content["targets"].values()]
    variables: dict[str, str] = {}
    rest = dict(served)
    for spec in specs:
        settings = served.get(spec["connector"])
        if settings is None:
            continue
        rest.pop(spec["connector"], None)
        for name, reference in spec["settings"].items():
            if isinstance(reference, str) and name in settings:
                variables.update(_variable(reference, str(settings[name])))
    return variables, rest


def _variable(reference: str, value: str) -> dict[str, str]:
    if reference.startswith(SCHEME):
        return {variable_of(reference.removeprefix(SCHEME)): value}
    found = _VARIABLE.fullmatch(reference)
    return {found[2]: value.removeprefix(found[1] or "")} if found else {}

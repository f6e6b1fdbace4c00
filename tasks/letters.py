"""Texts of messages: Jinja templates in its sandbox, checked when a profile is loaded.

A text is a file whose first line is `Subject: …`. A file beside it that ends in `.html` instead is
the same for mail programs that show HTML. What HR says may be anything: no value makes a line, a
header or a tag of its own.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from config.several import hint
from connectors.model.errors import ConfigError
from connectors.model.private import is_private
from tasks.lifecycle.people import ALIASES, FACTS

PACKAGED: Final = Path(__file__).parents[1] / "config" / "texts"
SUBJECT: Final = "Subject:"
LONGEST_SUBJECT: Final = 200
_MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_BLANKS: Final = re.compile(r"\n{3,}")
_SAMPLES: Final[dict[str, Any]] = {
    "text": "x",
    "number": 1.0,
    "flag": True,
    "date": date(2026, 1, 31),
}
ANYTHING: Final = frozenset({"custom"})
"""Groups whose members only an import knows."""


class Letter:
    """A text that can be written to somebody.

    Args:
        subject: Template of the subject.
        text: Template of the text.
        html: Template of the same as HTML, None without.
    """

    __slots__ = ("_html", "_subject", "_text")

    def __init__(self, subject: Template, text: Template, html: Template | None) -> None:
        """Keep the templates."""
        self._subject, self._text, self._html = subject, text, html

    def write(self, said: Mapping[str, Any]) -> dict[str, str | None]:
        """Subject, text and HTML with everything filled in.

        Raises:
            ConfigError: The text cannot be made of what is said.
        """
        try:
            return {
                "subject": one_line(self._subject.render(said))[:LONGEST_SUBJECT],
                "text": _BLANKS.sub("\n\n", self._text.render(said)).strip("\n") + "\n",
                "html": None if self._html is None else self._html.render(said),
            }
        except Exception as error:  # noqa: BLE001 - whatever a text does in its sandbox
            raise ConfigError(f"the text cannot be filled in: {error}") from None


def packaged(language: str, occasion: str) -> Path:
    """The text that comes with Retour."""
    return PACKAGED / language / f"{occasion}.txt"


def read_letter(path: Path, language: str, sample: Mapping[str, Any], *, key: str) -> Letter:
    """Read a text and look whether it can be filled in.

    Args:
        path: Its file.
        language: Of days in it.
        sample: Whatever a text may name, with made-up values.
        key: Where the profile names the file.

    Raises:
        ConfigError: It cannot be read, or names what there is not; with file and line.
    """
    content = _content(path, key)
    first, _, rest = content.partition("\n")
    if not first.startswith(SUBJECT) or not first.removeprefix(SUBJECT).strip():
        message = f"the first line of a text is its subject: {SUBJECT} …"
        raise ConfigError(message, file=str(path), line=1, key=key)
    beside = path.with_suffix(".html")
    parts = [(path, first.removeprefix(SUBJECT), 0, False), (path, rest, 1, False)]
    if beside.is_file():
        parts.append((beside, _content(beside, key), 0, True))
    subject, text, *html = [
        _template(file, source, language, sample, key=key, above=above, as_html=as_html)
        for file, source, above, as_html in parts
    ]
    return Letter(subject, text, html[0] if html else None)


def one_line(text: str) -> str:
    """Text that neither breaks a line nor hides anything: control characters are blanks."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def day_in(language: str) -> Any:
    """How a day is written: `1 December 2026`; what is no day stays as it is."""
    months = _MONTHS[language].split()

    def day(value: Any) -> str:
        if isinstance(value, date):
            return f"{value.day} {months[value.month - 1]} {value.year}"
        return str(value)

    return day


def nested(facts: Mapping[str, Any], group: str) -> dict[str, Any]:
    """Facts of `person.` or `contract.` as a text names them: under columns and other spellings."""
    made: dict[str, Any] = {"custom": _Custom()}
    paths = [path for path in FACTS if not is_private(path)]
    aliases = [alias for alias, column in ALIASES.items() if not is_private(column)]
    customs = [path for path in facts if ".custom." in path and not is_private(path)]
    for path in (*paths, *customs, *aliases):
        first, *steps = path.split(".")
        if first == group and steps:
            _put(made, steps, facts.get(ALIASES.get(path, path), ""))
    return made


class _Custom(dict[str, Any]):
    """Custom facts; one that this import does not have is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _put(made: dict[str, Any], steps: list[str], value: Any) -> None:
    inner: Any = made
    for step in steps[:-1]:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            return  # `title` is a text already
    inner.setdefault(steps[-1], value)


def sample_of_facts(group: str) -> dict[str, Any]:
    """Made-up values for everything a text may name of a person or a contract."""
    return nested({path: _SAMPLES[kind] for path, kind in FACTS.items()}, group)


def _content(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text; save it as UTF-8", file=str(path), key=key) from None
    except OSError as error:
        message = f"the text {path} cannot be read: {error.strerror}"
        raise ConfigError(message, key=key) from None


def _template(
    path: Path,
    source: str,
    language: str,
    sample: Mapping[str, Any],
    *,
    key: str,
    above: int,
    as_html: bool,
) -> Template:
    """A template that was tried.

    Args:
        path: Its file, for messages.
        source: What is in it.
        language: Of days.
        sample: To try it with.
        key: In the profile.
        above: Lines of the file that stand above the source.
        as_html: Whether values are escaped.
    """
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=as_html, keep_trailing_newline=True
    )
    environment.filters["day"] = day_in(language)
    with _located(path, key, above):
        tree = environment.parse(source)
        _check_names(tree, sample)
        template = environment.from_string(source)
    try:
        template.render(sample)
    except Exception as error:  # noqa: BLE001 - whatever a text does in its sandbox
        message = f"the text cannot be filled in: {error}"
        raise ConfigError(message, file=str(path), key=key) from None
    return template


@contextmanager
def _located(path: Path, key: str, above: int) -> Iterator[None]:
    try:
        yield
    except TemplateSyntaxError as error:
        line = error.lineno + above
        raise ConfigError(str(error.message), file=str(path), line=line, key=key) from None
    except TemplateError as error:
        raise ConfigError(str(error.message), file=str(path), key=key) from None


def _check_names(tree: nodes.Template, sample: Mapping[str, Any]) -> None:
    """Look at every name, also where the sample does not come past.

    Raises:
        TemplateSyntaxError: There is no such name.
    """
    unknown = meta.find_undeclared_variables(tree) - {*sample, "range", "dict", "namespace"}
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            message = f"there is no {name.name!r}{hint(name.name, sorted(sample))}"
            raise TemplateSyntaxError(message, name.lineno)
    for found in tree.find_all(nodes.Getattr):
        steps: list[str] = [found.attr]
        node = found.node
        while isinstance(node, nodes.Getattr):
            steps.insert(0, node.attr)
            node = node.node
        if not isinstance(node, nodes.Name) or not isinstance(sample.get(node.name), dict):
            continue
        held: Any = sample[node.name]
        for place, step in enumerate(steps):
            if step in ANYTHING or not isinstance(held, dict):
                break
            if step not in held:
                wrong = ".".join([node.name, *steps[: place + 1]])
                message = f"there is no {wrong!r}{hint(step, sorted(held), listed=False)}"
                raise TemplateSyntaxError(message, found.lineno)
            held = held[step]

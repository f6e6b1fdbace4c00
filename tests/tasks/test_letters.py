"""Texts of messages: checked when the profile is loaded, and harmless whatever HR says."""

from pathlib import Path

import pytest

from config.loader import load_profile
from connectors.memory.manifest import MANIFEST
from connectors.model.errors import ConfigError
from tasks.compile_notify import compile_notify, sample
from tasks.letters import one_line, packaged, read_letter
from tasks.mailing import compose, mailbox_of

PROFILE = """
timezone: Europe/Amsterdam
source: {{connector: hr_file, settings: {{path: hr}}}}
targets:
  directory: {{connector: memory}}
notify:
  mail: {{server: smtp.example.org, sender: "HR <hr@example.org>", reply_to: it@example.org}}
  tell:
    - on: {on}
      to: it@example.org
      {more}
"""


def load(folder: Path, *, on: str = "joined", more: str = "template: own.txt"):
    (folder / "site.yaml").write_text(PROFILE.format(on=on, more=more))
    return load_profile(str(folder / "site.yaml"))


def compiled(folder: Path, text: str | None = None, html: str | None = None, **given: str):
    if text is not None:
        (folder / "own.txt").write_text(text)
    if html is not None:
        (folder / "own.html").write_text(html)
    return compile_notify(load(folder, **given), {"directory": MANIFEST})


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    "occasion", ["joined", "enabled", "changed", "left", "failed", "refused", "waiting"]
)
def test_every_text_that_comes_with_retour_can_be_filled_in(language, occasion):
    letter = read_letter(packaged(language, occasion), language, sample(occasion), key="k")
    for waits in (True, False):
        words = letter.write({**sample(occasion), "waits": waits, "repeated": 0})
        assert words["subject"]
        assert "\n\n\n" not in words["text"]
        assert words["html"] is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Subject: Hi {{ persn.name }}\n", 1, "there is no 'persn'; did you mean person?"),
        (
            "Subject: Hi\nOne\n{{ person.nick_nam }}",
            3,
            "no 'person.nick_nam'; did you mean nick_name",
        ),
        ("Subject: Hi\n{% if false %}{{ contract.titel }}{% endif %}", 2, "did you mean title?"),
        ("Subject: Hi\n{{ person.personal_email }}", 2, "there is no 'person.personal_email'"),
        ("Subject: Hi\n\n{% if %}", 3, "Expected an expression"),
        ("Hi\n", 1, "the first line of a text is its subject: Subject: …"),
        ("Subject: Hi\n{{ person.name | shout }}", 2, "No filter named 'shout'"),
    ],
)
def test_a_text_with_a_mistake_is_refused_with_file_line_and_key(tmp_path, text, line, said):
    with pytest.raises(ConfigError) as refused:
        compiled(tmp_path, text)
    error = refused.value
    assert (error.file, error.line) == (str(tmp_path / "own.txt"), line)
    assert error.key == "notify.tell[0].template"
    assert said in error.message


def test_a_text_that_is_not_there_is_told_with_the_line_of_the_profile(tmp_path):
    with pytest.raises(ConfigError, match=r"site.yaml:11: .*own.txt cannot be read: No such file"):
        compiled(tmp_path)


def test_a_text_that_breaks_its_sandbox_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be filled in: access to attribute '__class__'"):
        compiled(tmp_path, "Subject: Hi\n{{ run.__class__.__mro__ }}")


def test_a_field_that_nobody_has_or_may_see_is_refused(tmp_path):
    fields = "fields: {A: person.shoe, B: accounts.directory.x, C: person.personal_email, D: mail}"
    with pytest.raises(ConfigError) as refused:
        compiled(tmp_path, more=fields)
    said = str(refused.value)
    assert "site.yaml:11: notify.tell[0].fields.A: there is no 'person.shoe'" in said
    assert "notify.tell[0].fields.B: there is no 'accounts.directory.x'" in said
    assert "notify.tell[0].fields.C: is somebody's private life" in said
    assert "fields.D" not in said


def test_html_is_escaped_and_the_text_is_not(tmp_path):
    notify = compiled(
        tmp_path, "Subject: {{ person.name }}\n{{ person.name }}", "<p>{{ person.name }}</p>"
    )
    said = sample("joined")
    said["person"]["name"] = "<b>Zoë</b>"
    words = notify.bulletins[0].letters["joined"].write(said)
    assert words["text"] == "<b>Zoë</b>\n"
    assert words["html"] == "<p>&lt;b&gt;Zoë&lt;/b&gt;</p>"


def test_values_stay_in_their_line():
    assert one_line("Zoë\r\nBcc: a@b.nl\x00\u202e  x") == "Zoë Bcc: a@b.nl x"


def test_a_mail_is_mime_with_names_of_any_script(tmp_path):
    box = mailbox_of(load(tmp_path, more="").profile.notify.mail, tmp_path)
    mail = compose(
        box, "李@zoë.example.org", key="k", subject="Привет Zoë", text="Hallo Zoë", html="<p>é</p>"
    )
    raw = mail.as_bytes(policy=mail.policy.clone(utf8=True)).decode()
    assert mail["To"] == "李@xn--zo-ija.example.org"
    assert mail["Message-ID"] == "<k@example.org>"
    assert mail["Reply-To"] == "it@example.org"
    assert "From: HR <hr@example.org>" in raw
    assert "multipart/alternative" in raw
    with pytest.raises(ValueError, match="linefeed"):
        compose(box, "a@example.org", key="k", subject="a\nBcc: b@example.org", text="", html=None)

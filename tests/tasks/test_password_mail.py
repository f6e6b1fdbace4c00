"""An initial password by mail: alone, to somebody else, before it is set, and nowhere besides."""

import pytest
import yaml

from config.loader import load_profile
from connectors.memory.manifest import MANIFEST
from connectors.model.errors import ConfigError
from connectors.sdk.passwords import open_sink
from tasks.acquaintances import Acquaintances
from tasks.compile_notify import compile_notify
from tasks.lifecycle.recipients import Acquaintance
from tasks.password_mail import PasswordPost, offer_mail, posting
from tests.mail_server import a_mail_server, words

SECRET = "Correct#Horse1"
KNOWN = Acquaintances(
    {
        "1": Acquaintance(person="1", name="Zoë", personal_mail="zoe@home.example.org"),
        "2": Acquaintance(person="2", name="Jan"),
    }
)
offer_mail()


def post_of(folder, mail, *, known=KNOWN, to="person.manager"):
    profile = {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "hr_file"},
        "targets": {"directory": {"connector": "memory"}},
        "notify": {
            "mail": mail,
            "language": "nl",
            "tell": [{"on": "joined", "to": to, "password": "separate"}],
        },
    }
    (folder / "site.yaml").write_text(yaml.safe_dump(profile))
    notify = compile_notify(load_profile(str(folder / "site.yaml")), {"directory": MANIFEST})
    return PasswordPost(notify, notify.mail, lambda: known)


def sink_of(post, address="mail:person.personal_email|desk@example.org"):
    with posting(post):
        return open_sink(address)


def test_a_password_leaves_alone_and_to_whoever_has_an_address(tmp_path):
    with a_mail_server() as smtp:
        sink = sink_of(post_of(tmp_path, smtp.settings))
        sink.deliver(person="1", login="zbakker", password=SECRET)
        sink.deliver(person="2", login="jjansen", password="Other#Horse1")
    assert [mail["To"] for mail in smtp.mails] == ["zoe@home.example.org", "desk@example.org"]
    first = smtp.mails[0]
    assert SECRET in words(first)
    assert first["Subject"] == "Een bericht over een nieuw account"
    whole = first.as_string()
    for named in ("zbakker", "Zoë", "Zo=C3=AB"):
        assert named not in whole
    assert SECRET not in repr(sink)
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 2


def test_what_the_server_does_not_take_is_an_error_without_the_password(tmp_path):
    with a_mail_server() as smtp:
        sink = sink_of(post_of(tmp_path, smtp.settings))
        smtp.refuses = {"zoe@home.example.org"}
        with pytest.raises(OSError, match="did not take it") as caught:
            sink.deliver(person="1", login="zbakker", password=SECRET)
    assert SECRET not in f"{caught.value}{caught.value.__cause__}"
    with pytest.raises(OSError, match="did not take it"):
        sink.deliver(person="1", login="zbakker", password=SECRET)


def test_where_nothing_was_planned_only_a_fixed_address_is_known(tmp_path):
    with a_mail_server() as smtp:
        post = post_of(tmp_path, smtp.settings, known=None)
        with pytest.raises(OSError, match="only where the run was planned"):
            sink_of(post).deliver(person="1", login="z", password=SECRET)
        sink_of(post, "mail:desk@example.org").deliver(person="1", login="z", password=SECRET)
    assert [mail["To"] for mail in smtp.mails] == ["desk@example.org"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mail:person.personal_email", "the last one is for whoever has no address"),
        ("mail:somebody|desk@example.org", "should read mail:ADDRESS"),
        ("mail:person.manager|desk@example.org", "person.manager gets the account data already"),
    ],
)
def test_recipients_that_cannot_be_are_refused_before_anything_is_written(tmp_path, address, said):
    with a_mail_server() as smtp:
        post = post_of(tmp_path, smtp.settings)
    with pytest.raises(ConfigError, match=said):
        sink_of(post, address)


def test_without_a_way_for_mail_to_leave_it_is_refused():
    with pytest.raises(ConfigError, match=r"fill in notify\.mail"):
        open_sink("mail:desk@example.org")

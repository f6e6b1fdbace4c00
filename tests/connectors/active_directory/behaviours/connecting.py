"""Signing in, looking around, and what the port promises."""

import pytest

from connectors.active_directory import client, open_reader
from connectors.active_directory.directory import Modification, Operation, Scope
from connectors.active_directory.names import guid_dn
from connectors.model.errors import (
    AlreadyExists,
    Fatal,
    Invalid,
    NotFound,
    Refused,
    Unauthorized,
)
from tests.connectors.active_directory.lab import (
    TARGET,
    Lab,
)


class Connecting:
    def test_a_wrong_password_stops_the_target_and_names_the_reason(self, lab: Lab):
        wrong = settings_with(lab, bind_password="Wrong#2026!x")
        reader = open_reader(wrong, TARGET)
        with pytest.raises(Unauthorized, match="The password is wrong") as caught:
            reader.read()
        reader.close()
        assert "Wrong#2026!x" not in str(caught.value)

    def test_a_reader_cannot_write(self, lab: Lab):
        ref = lab.create().ref
        directory = client.open_directory(lab.settings, TARGET, read_only=True)
        dn = lab.held(ref).dn
        change = Modification(Operation.REPLACE, "title", ("x",))
        try:
            for write in (
                lambda: directory.modify(dn, [change]),
                lambda: directory.add(f"CN=x,{lab.starters}", {"objectClass": ["user"]}),
                lambda: directory.rename(dn, "CN=x"),
                lambda: directory.delete(dn),
            ):
                with pytest.raises(Fatal, match="read-only"):
                    write()
        finally:
            directory.close()

    def test_check_looks_at_everything_a_run_needs(self, lab: Lab):
        lab.make_group("G-Care")
        before = lab.usn()
        reader = open_reader(lab.settings, TARGET)
        findings = list(reader.check())
        reader.close()
        assert all(finding.ok for finding in findings), findings
        assert [finding.subject.split()[0] for finding in findings[:7]] == [
            "sign",
            "base_dn",
            "container",
            "container",
            "container",
            "groups",
            "accounts",
        ]
        assert {finding.subject.split()[0] for finding in findings[7:]} == {"right", "rights"}
        assert lab.usn() == before

    def test_check_says_what_is_missing(self, lab: Lab):
        containers = lab.settings.containers.model_copy(
            update={"disabled": f"OU=Nowhere,{lab.settings.base_dn}"}
        )
        settings = lab.settings.model_copy(update={"containers": containers})
        reader = open_reader(settings, TARGET)
        wrong = [finding for finding in reader.check() if not finding.ok]
        reader.close()
        assert any("OU=Nowhere" in finding.detail for finding in wrong)


class Directories:
    """What the port promises, on any directory."""

    def test_refusals_become_errors_by_what_they_stop(self, lab: Lab):
        one = lab.held(
            lab.make_user("One", sAMAccountName="one", userPrincipalName="one@example.org")
        )
        lab.make_user("Two", sAMAccountName="two")
        two = f"CN=Two,{lab.staff}"

        def put(name, *values):
            lab.admin.modify(two, [Modification(Operation.REPLACE, name, values)])

        with pytest.raises(AlreadyExists):
            put("userPrincipalName", "ONE@example.org")
        with pytest.raises(AlreadyExists):
            put("sAMAccountName", "One")
        with pytest.raises(Refused):
            put("title", "")
        with pytest.raises(Refused):
            put("memberOf", one.dn)
        with pytest.raises(Refused):
            put("noSuchAttribute", "x")
        with pytest.raises(Refused):
            put("manager", f"CN=Nobody,{lab.staff}")
        with pytest.raises(Refused):
            put("cn", "Three")
        with pytest.raises(Invalid):
            put("unicodePwd", '"short"'.encode("utf-16-le"))
        with pytest.raises(Refused):
            put("unicodePwd", b"Unquoted#2026!x")
        with pytest.raises(NotFound):
            lab.admin.delete(f"CN=Nobody,{lab.staff}")
        with pytest.raises(NotFound):
            lab.admin.search(f"OU=Nowhere,{lab.staff}", "(objectClass=*)", ["cn"])
        with pytest.raises(Invalid):
            lab.admin.delete(lab.staff)  # there is something in it
        with pytest.raises(AlreadyExists):
            lab.admin.rename(two, "CN=One")

    def test_mail_addresses_are_not_unique_by_themselves(self, lab: Lab):
        lab.make_user("One", sAMAccountName="one", mail="same@example.org")
        lab.make_user("Two", sAMAccountName="two", mail="same@example.org")
        assert len(lab.find("(mail=SAME@example.org)")) == 2

    def test_filters_find_what_they_say(self, lab: Lab):
        lab.make_user("Star * (one)", sAMAccountName="star", title="Head of x")
        lab.make_user("Other", sAMAccountName="other", title="Assistant")
        staff = lab.staff

        def labels(filter_):
            found = lab.admin.search(staff, filter_, ["sAMAccountName"], page_size=100)
            return sorted(entry.text("sAMAccountName") or "" for entry in found)

        assert labels(r"(cn=star \2a \28one\29)") == ["star"]
        assert labels("(title=head*x)") == ["star"]
        assert labels("(&(objectClass=user)(!(title=Ass*)))") == ["star"]
        assert labels("(|(sAMAccountName=star)(sAMAccountName=other))") == ["other", "star"]
        assert labels("(userAccountControl:1.2.840.113556.1.4.803:=2)") == ["other", "star"]
        assert labels("(&(objectCategory=person)(objectClass=user)(title=*))") == ["other", "star"]

    def test_an_object_is_found_by_its_guid_wherever_it_goes(self, lab: Lab):
        guid = lab.make_user("One", sAMAccountName="one")
        lab.admin.rename(f"CN=One,{lab.staff}", "CN=Two", superior=lab.leavers)
        found = lab.admin.search(guid_dn(guid), "(objectClass=*)", ["objectGUID"], scope=Scope.BASE)
        assert [(entry.dn, entry.guid) for entry in found] == [(f"CN=Two,{lab.leavers}", guid)]


def settings_with(lab: Lab, **values):
    content = lab.settings.model_dump()
    return type(lab.settings)(**{**content, **values})

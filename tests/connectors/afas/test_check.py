import pytest

from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.source import AfasSource


@pytest.fixture
def findings(opened):
    """What a check found: subject -> (ok, detail)."""
    return lambda checked: {
        finding.subject: (finding.ok, finding.detail) for finding in opened(checked).check()
    }


def test_a_sound_environment_has_nothing_to_complain_about(
    findings, afas, source_settings, employee_settings, user_settings
):
    checked = [
        AfasSource(source_settings()),
        EmployeeReader(employee_settings(update_through="KnPerson"), "e"),
        UserReader(user_settings(), "u"),
    ]
    found = [findings(part) for part in checked]
    assert all(ok for part in found for ok, _ in part.values())
    assert "UpdateConnector KnPerson" in found[1]
    assert "UpdateConnector KnUser" in found[2]
    assert len(found[0]) == 6
    assert afas.writes == []


def test_what_is_missing_is_named(findings, afas, source_settings):
    afas.catalogue.granted.discard("T4E_HelloID_Positions_v2")
    afas.catalogue.rename_field("T4E_HelloID_Users_v2", "Roepnaam", "Noemnaam")
    found = findings(AfasSource(source_settings()))
    assert found["GetConnector T4E_HelloID_Positions_v2"][0] is False
    assert "not granted" in found["GetConnector T4E_HelloID_Positions_v2"][1]
    assert "Roepnaam" in found["GetConnector T4E_HelloID_Users_v2"][1]
    assert found["GetConnector T4E_HelloID_Employments_v2"][0] is True


def test_a_custom_field_that_the_update_connector_lacks_is_named(findings, afas, employee_settings):
    field = "U" + "A" * 32
    reader = EmployeeReader(employee_settings(columns={field: "Roepnaam"}), "e")
    ok, detail = findings(reader)["UpdateConnector KnEmployee"]
    assert not ok
    assert field in detail


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda afas: afas.tokens.clear(), "refused the token"),
        (lambda afas: setattr(afas.switches, "ip_refused", True), "IP addresses"),
    ],
)
def test_a_refused_connection_is_a_finding_and_no_exception(
    findings, afas, source_settings, spoil, said
):
    spoil(afas)
    [(ok, detail)] = findings(AfasSource(source_settings())).values()
    assert not ok
    assert said in detail
    assert afas.token[33:97] not in detail

"""Lets an account see what was deleted; run by samba-dc.sh with the Python that Samba brings.

An administrator of Windows does it with `dsacls "CN=Deleted Objects,DC=…" /takeownership` and
`/G "DOMAIN\\account:LCRP"`; samba-tool cannot name that container.
"""

import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

ATTRIBUTE = "nTSecurityDescriptor"
DACL_ONLY = "sd_flags:1:4"


def let(config: str, database: str, sid: str) -> None:
    """Grant list and read on the container of deleted objects."""
    parameters = LoadParm()
    parameters.load(config)
    domain = SamDB(url=database, lp=parameters, session_info=system_session(parameters))
    where = ldb.Dn(domain, f"CN=Deleted Objects,{domain.domain_dn()}")
    shown = ["show_deleted:1", DACL_ONLY]
    [found] = domain.search(where, ldb.SCOPE_BASE, attrs=[ATTRIBUTE], controls=shown)
    described = ndr_unpack(security.descriptor, found[ATTRIBUTE][0])
    own = security.dom_sid(domain.get_domain_sid())
    described = security.descriptor.from_sddl(f"{described.as_sddl(own)}(A;CI;RPLC;;;{sid})", own)
    change = ldb.Message(where)
    change[ATTRIBUTE] = ldb.MessageElement(ndr_pack(described), ldb.FLAG_MOD_REPLACE, ATTRIBUTE)
    domain.modify(change, controls=shown)


if __name__ == "__main__":
    let(*sys.argv[1:])

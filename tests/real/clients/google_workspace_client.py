"""Google's own client at work on a workspace: users, groups, batches, licences, errors.

`google_workspace_client.py URL KEY_FILE`: prints what it saw as JSON. Runs in an environment of its
own; knows nothing of ours.
"""

import json
import sys
from typing import Any

from google.auth import jwt as google_jwt
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest

AUTH = "https://www.googleapis.com/auth/"
SCOPES = [
    f"{AUTH}{scope}"
    for scope in (
        "admin.directory.user",
        "admin.directory.group",
        "admin.directory.orgunit",
        "admin.directory.rolemanagement",
        "admin.directory.domain",
        "apps.licensing",
    )
]
SUBJECT = "admin@example.org"
PRODUCT, SKU = "Google-Apps", "1010020027"

url, key_file = sys.argv[1], sys.argv[2]
seen: dict[str, Any] = {}


def credentials(*scopes: str, subject: str = SUBJECT) -> Credentials:
    return Credentials.from_service_account_file(key_file, scopes=scopes or SCOPES, subject=subject)


def refused(request: Any) -> list[Any]:
    """Status and reason of an error, as Google's client understands it."""
    try:
        request.execute()
    except HttpError as error:
        return [error.status_code, error.error_details[0]["reason"], error.reason]
    return ["it was let through"]


def not_granted(wanted: Credentials) -> list[Any]:
    try:
        wanted.refresh(Request())
    except RefreshError as error:
        return [error.args[1].get("error") if isinstance(error.args[1], dict) else error.args]
    return ["it was granted"]


def person(number: int) -> dict[str, Any]:
    return {
        "primaryEmail": f"client{number}@example.org",
        "name": {"givenName": "Séan", "familyName": f"O'Brien {number}"},
        "password": "Correct#Horse9",
        "orgUnitPath": "/Staff",
        "externalIds": [{"value": f"77{number}", "type": "organization"}],
        "phones": [{"type": "work", "value": "030 1"}, {"type": "mobile", "value": "06 1"}],
    }


admin = build(
    "admin",
    "directory_v1",
    credentials=credentials(),
    static_discovery=True,
    client_options={"api_endpoint": url},
)
licensing = build(
    "licensing",
    "v1",
    credentials=credentials(),
    static_discovery=True,
    client_options={"api_endpoint": f"{url}/licensing"},
)
users, groups, members = admin.users(), admin.groups(), admin.members()

# Tokens
mine = credentials(SCOPES[0])
mine.refresh(Request())
seen["token"] = bool(mine.token)
claims = google_jwt.decode(credentials()._make_authorization_grant_assertion(), verify=False)
seen["audience"] = claims["aud"]
seen["scope not delegated"] = not_granted(credentials(f"{AUTH}admin.directory.user.security"))
seen["subject unknown"] = not_granted(credentials(SCOPES[0], subject="nobody@example.org"))

# Users
ann = users.insert(body=person(1)).execute()
ref = ann["id"]
seen["insert"] = {name: ann[name] for name in ("kind", "primaryEmail", "orgUnitPath", "suspended")}
seen["password shown"] = "password" in json.dumps(ann)
seen["get by address"] = users.get(userKey="client1@example.org").execute()["id"] == ref
seen["search"] = [
    one["id"] == ref
    for one in users.list(customer="my_customer", query="externalId:771").execute()["users"]
]
quoted = users.list(customer="my_customer", query="familyName:'O\\'Brien 1'").execute()
seen["search with a quote"] = len(quoted.get("users", []))
nothing = users.list(customer="my_customer", query="externalId:none").execute()
seen["nothing found has no key"] = "users" not in nothing
body = {"phones": [{"type": "work", "value": "030 2"}]}
seen["put replaces arrays"] = users.update(userKey=ref, body=body).execute()["phones"]
kept = users.update(userKey=ref, body={"name": {"givenName": "Shaun"}}).execute()["name"]
seen["put merges objects"] = [kept["givenName"], kept["familyName"]]
cleared = users.update(userKey=ref, body={"phones": None}).execute()
seen["null clears"] = "phones" not in cleared
seen["patch clears no array"] = refused(users.patch(userKey=ref, body={"externalIds": []}))
patched = users.patch(userKey=ref, body={"suspended": True}).execute()
seen["patch"] = [patched["suspended"], patched["suspensionReason"]]
renamed = users.update(userKey=ref, body={"primaryEmail": "renamed1@example.org"}).execute()
seen["rename"] = [renamed["primaryEmail"], renamed["aliases"]]
seen["get by alias"] = users.get(userKey="CLIENT1@example.org").execute()["id"] == ref
seen["duplicate"] = refused(users.insert(body={**person(2), "primaryEmail": "client1@example.org"}))
seen["unknown unit"] = refused(users.insert(body={**person(2), "orgUnitPath": "/Nowhere"}))
seen["nobody"] = refused(users.get(userKey="nobody@example.org"))

# Aliases
aliases = users.aliases()
aliases.insert(userKey=ref, body={"alias": "second1@example.org"}).execute()
found = aliases.list(userKey=ref).execute()["aliases"]
seen["aliases"] = sorted(one["alias"] for one in found)
aliases.delete(userKey=ref, alias="second1@example.org").execute()
seen["alias twice gone"] = refused(aliases.delete(userKey=ref, alias="second1@example.org"))

# Units, domains, roles
units = admin.orgunits()
made = units.insert(
    customerId="my_customer", body={"name": "Ward 3", "parentOrgUnitPath": "/Staff"}
).execute()
seen["unit"] = made["orgUnitPath"]
every = units.list(customerId="my_customer", type="all").execute()["organizationUnits"]
seen["units"] = sorted(one["orgUnitPath"] for one in every)
seen["unit by path"] = units.get(customerId="my_customer", orgUnitPath="Staff/Ward 3").execute()[
    "name"
]
domains = admin.domains().list(customer="my_customer").execute()["domains"]
seen["domains"] = [[one["domainName"], one["verified"]] for one in domains]
roles = admin.roles().list(customer="my_customer").execute()["items"]
role = {"roleId": roles[0]["roleId"], "assignedTo": ref, "scopeType": "CUSTOMER"}
assigned = admin.roleAssignments().insert(customer="my_customer", body=role).execute()
seen["delegated admin"] = users.get(userKey=ref).execute()["isDelegatedAdmin"]
admin.roleAssignments().delete(
    customer="my_customer", roleAssignmentId=assigned["roleAssignmentId"]
).execute()

# Groups
group = groups.insert(body={"email": "client@example.org", "name": "Client"}).execute()
key = group["id"]
members.insert(groupKey=key, body={"id": ref, "role": "MEMBER"}).execute()
seen["member twice"] = refused(members.insert(groupKey=key, body={"id": ref}))
role_now = members.patch(groupKey=key, memberKey=ref, body={"role": "MANAGER"}).execute()["role"]
seen["role in group"] = role_now
seen["has member"] = members.hasMember(groupKey=key, memberKey=ref).execute()["isMember"]
listed = members.list(groupKey=key, roles="MANAGER").execute()["members"]
seen["members"] = [[one["email"], one["role"], one["type"], one["status"]] for one in listed]
members.delete(groupKey=key, memberKey=ref).execute()
seen["revoked twice"] = refused(members.delete(groupKey=key, memberKey=ref))

# A batch: Google's client is told where, or it calls Google
outcomes: dict[str, Any] = {}


def note(request_id: str, reply: Any, error: Any) -> None:
    outcomes[request_id] = error.error_details[0]["reason"] if error else reply["primaryEmail"]


batch = BatchHttpRequest(callback=note, batch_uri=f"{url}/batch")
for number in range(10, 40):
    batch.add(users.insert(body=person(number)), request_id=f"person {number}")
batch.add(users.insert(body=person(10)), request_id="again")
batch.add(users.get(userKey="nobody@example.org"), request_id="nobody")
batch.execute()
seen["batch"] = [len(outcomes), outcomes["person 12"], outcomes["again"], outcomes["nobody"]]
many = BatchHttpRequest(batch_uri=f"{url}/batch")
many._order = [str(number) for number in range(1001)]  # its own limit, taken away
many._requests = {one: users.get(userKey=ref) for one in many._order}
try:
    many._execute(admin._http, many._order, many._requests)
    seen["batch of 1001"] = "it was let through"
except HttpError as error:
    seen["batch of 1001"] = error.status_code

# Pages
count, pages = 0, 0
request = users.list(customer="my_customer", maxResults=7, orderBy="email")
while request is not None:
    page = request.execute()
    count, pages = count + len(page["users"]), pages + 1
    request = users.list_next(request, page)
whole = users.list(customer="my_customer", maxResults=500).execute()["users"]
seen["pages"] = [count == len(whole), pages == -(-len(whole) // 7)]
seen["a strange page token"] = refused(users.list(customer="my_customer", pageToken="x"))[:2]
few = users.list(customer="my_customer", fields="users(id,name/familyName)").execute()["users"]
seen["fields"] = sorted({name for one in few for name in one})

# Licences
assignments = licensing.licenseAssignments()
address = users.get(userKey=ref).execute()["primaryEmail"]
given = assignments.insert(productId=PRODUCT, skuId=SKU, body={"userId": address}).execute()
seen["licence"] = [given["userId"], given["skuId"]]
seen["licence twice"] = refused(
    assignments.insert(productId=PRODUCT, skuId=SKU, body={"userId": address})
)[:2]
held = assignments.listForProductAndSku(
    productId=PRODUCT, skuId=SKU, customerId=ann["customerId"]
).execute()["items"]
seen["licences"] = [one["userId"] for one in held]
assignments.delete(productId=PRODUCT, skuId=SKU, userId=address).execute()
seen["licence twice gone"] = refused(
    assignments.delete(productId=PRODUCT, skuId=SKU, userId=address)
)[:2]

# Deleting and bringing back
users.makeAdmin(userKey=ref, body={"status": True}).execute()
users.makeAdmin(userKey=ref, body={"status": False}).execute()
users.delete(userKey=ref).execute()
seen["deleted"] = refused(users.get(userKey=ref))
gone = users.list(customer="my_customer", showDeleted="true").execute()["users"]
seen["deleted are listed"] = [one["id"] == ref and "deletionTime" in one for one in gone]
seen["address stays taken"] = refused(
    users.insert(body={**person(3), "primaryEmail": "renamed1@example.org"})
)[:2]
users.undelete(userKey=ref, body={"orgUnitPath": "/Staff"}).execute()
seen["undeleted"] = users.get(userKey=ref).execute()["orgUnitPath"]

print(json.dumps(seen, ensure_ascii=False))

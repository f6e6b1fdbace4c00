"""Microsoft's own SDK on a Graph: `entra_id_sdk.py GRAPH_URL TOKEN`; what it saw, as JSON.

Runs in an environment of its own (`requirements-entra_id.txt`) and knows nothing of Retour.
"""

import asyncio
import json
import sys
from typing import Any

from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.user import User
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import (
    AssignLicensePostRequestBody,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator


class Known(AccessTokenProvider):
    """Gives the token it was given."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._hosts = AllowedHostsValidator([])

    async def get_authorization_token(self, uri: str, _: dict[str, Any] | None = None) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


def person(number: int, **more: Any) -> User:
    return User(
        account_enabled=False,
        display_name=f"Bo Smit {number}",
        mail_nickname=f"sdk{number}",
        user_principal_name=f"sdk{number}@example.org",
        employee_id=f"77{number}",
        password_profile=PasswordProfile(
            password="Correct-Horse-7", force_change_password_next_sign_in=True
        ),
        **more,
    )


def asking(parameters: Any) -> RequestConfiguration[Any]:
    return RequestConfiguration(query_parameters=parameters)


async def refused(work: Any) -> dict[str, Any]:
    """What an error looks like to the SDK."""
    try:
        await work
    except ODataError as error:
        main = error.error
        return {
            "status": error.response_status_code,
            "code": main.code,
            "targets": [one.target for one in main.details or []],
        }
    except APIError as error:
        return {"status": error.response_status_code, "code": None, "targets": []}
    return {"status": None}


Seen = dict[str, Any]


async def see(url: str, token: str) -> Seen:
    """Everything there is to see, in turn."""
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Known(token)))
    adapter.base_url = url
    graph = GraphServiceClient(request_adapter=adapter)
    made = [await graph.users.post(person(number)) for number in range(5)]
    ids = [one.id for one in made]
    return {
        "made": [one.user_principal_name for one in made],
        **await see_users(graph, adapter, ids),
        **await see_members(graph, ids),
        **await see_changes(graph, ids),
        **await see_the_rest(graph, ids),
        **await see_a_batch(graph, adapter, ids),
    }


async def see_users(graph: GraphServiceClient, adapter: Any, ids: list[str]) -> Seen:
    """Errors, filters with quotes, pages, the manager."""
    users, first = graph.users, ids[0]
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
    twice = await refused(users.post(person(0)))
    missing = await refused(users.by_user_id("nobody@example.org").get())
    await users.by_user_id(first).patch(User(job_title="Nurse, 'night'", account_enabled=True))
    text = "jobTitle eq 'Nurse, ''night'''"
    filtered = await users.get(asking(query(filter=text, select=["id", "jobTitle"])))
    paged: list[str] = []
    page = await users.get(asking(query(top=2, select=["id", "userPrincipalName"])))
    await PageIterator(page, adapter).iterate(lambda one: not paged.append(one.id))
    reference = ReferenceUpdate(odata_id=f"https://graph.microsoft.com/v1.0/users/{ids[1]}")
    await users.by_user_id(first).manager.ref.put(reference)
    return {
        "twice": twice,
        "missing": missing,
        "filtered": [one.job_title for one in filtered.value],
        "pages": len(paged) == len(set(paged)) and set(ids) <= set(paged),
        "manager": (await users.by_user_id(first).manager.get()).id == ids[1],
    }


async def see_members(graph: GraphServiceClient, ids: list[str]) -> Seen:
    """A membership, twice given and twice taken."""
    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters
    groups = await graph.groups.get(asking(query(filter="displayName eq 'G-IT'")))
    members = graph.groups.by_group_id(groups.value[0].id).members
    reference = ReferenceCreate(
        odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{ids[0]}"
    )
    await members.ref.post(reference)
    twice = await refused(members.ref.post(reference))
    there = [one.id for one in (await members.get()).value]
    await members.by_directory_object_id(ids[0]).ref.delete()
    return {
        "member twice": twice,
        "members": there == [ids[0]],
        "no member": await refused(members.by_directory_object_id(ids[0]).ref.delete()),
    }


async def see_changes(graph: GraphServiceClient, ids: list[str]) -> Seen:
    """A delta query, and a link that does not count."""
    users, first, last = graph.users, ids[0], ids[-1]
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters
    delta = await users.delta.get(asking(query(select=["displayName", "jobTitle", "manager"])))
    link = delta.odata_delta_link
    await users.by_user_id(first).patch(User(job_title="Doctor"))
    await users.by_user_id(last).delete()
    rows = {one.id: one for one in (await users.delta.with_url(link).get()).value}
    return {
        "delta": [rows[first].job_title, "@removed" in rows[last].additional_data],
        "bad delta": await refused(users.delta.with_url(f"{link}x").get()),
    }


async def see_the_rest(graph: GraphServiceClient, ids: list[str]) -> Seen:
    """A licence, sessions, the recycle bin, the tenant; the last of `ids` was deleted before."""
    user, last = graph.users.by_user_id(ids[0]), ids[-1]
    sku = (await graph.subscribed_skus.get()).value[0].sku_id
    await user.patch(User(usage_location="NL"))
    wish = AssignLicensePostRequestBody(
        add_licenses=[AssignedLicense(sku_id=sku, disabled_plans=[])], remove_licenses=[]
    )
    licensed = await user.assign_license.post(wish)
    ended = await user.revoke_sign_in_sessions.post()
    binned = await graph.directory.deleted_items.graph_user.get()
    deleted = graph.directory.deleted_items.by_directory_object_id(last)
    tenant = (await graph.organization.get()).value[0]
    return {
        "licence": [str(one.sku_id) for one in licensed.assigned_licenses] == [str(sku)],
        "sessions": ended.value,
        "recycle bin": [one.id for one in binned.value] == [last],
        "restored": (await deleted.restore.post(None)).id == last,
        "organisation": [one.name for one in tenant.verified_domains],
    }


async def see_a_batch(graph: GraphServiceClient, adapter: Any, ids: list[str]) -> Seen:
    """Three requests in one, of which one fails."""
    batch = BatchRequestContent()
    informations = [
        graph.users.to_post_request_information(person(50)),
        graph.users.to_post_request_information(person(0)),
        graph.users.by_user_id(ids[0]).to_get_request_information(),
    ]
    for place, information in enumerate(informations):
        batch.add_request(str(place), BatchRequestItem(information, id=str(place)))
    answers = await BatchRequestBuilder(adapter).post(batch)
    return {"batch": {key: one.status for key, one in answers.responses.items()}}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(see(*sys.argv[1:3]))))

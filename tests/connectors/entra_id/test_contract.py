"""The watch itself: it looks at what passes, and notices what is not as Graph describes it."""

import httpx

from connectors.entra_id.sandbox.content import add_user
from connectors.entra_id.sandbox.served import serve
from connectors.model.connector import SandboxOptions
from tests.connectors.entra_id.contract import Watch


def test_what_departs_from_the_description_is_noticed():
    with serve(SandboxOptions()) as served:
        watch = Watch(served.graph)
        headers = {"Authorization": f"Bearer {served.graph.tokens.issue()}"}
        url = f"{served.settings['graph_url']}/users"
        with httpx.Client(headers=headers) as client:
            assert client.get(url).status_code == 200
            assert (watch.wrong, watch.looked_at) == ([], 1)
            user = add_user(served.tenant, "bo@example.org")
            user.properties["jobTitle"] = 7
            assert client.get(f"{url}?$select=id,jobTitle").status_code == 200
        assert watch.looked_at == 2
        [told] = watch.wrong
        assert told.startswith("GET /users answers: $.jobTitle: 7 is not")

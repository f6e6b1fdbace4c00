"""Licences of products, as the Enterprise License Manager API gives and takes them."""

from collections.abc import Mapping
from typing import Any

from connectors.google_workspace.sandbox.refusals import Refusal, invalid, not_found, required
from connectors.google_workspace.sandbox.workspace import Sku, Workspace


class Licences:
    """The licences of a workspace; a user is named by the primary address.

    Args:
        workspace: Where they are kept. Its lock is held by whoever calls.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def holders(
        self, product: str, sku: str | None, params: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Who has a licence of a product, or of one SKU of it.

        Raises:
            Refusal: 400 without the customer's id, 404 for an unknown product.
        """
        if params.get("customerId") not in {self._workspace.customer, self._workspace.domains[0]}:
            raise invalid("customerId")
        keys = [key for key in self._workspace.skus if key[0] == product and sku in {None, key[1]}]
        if not keys:
            raise not_found("productId")
        return [self._view(key, ref) for key in keys for ref in self._workspace.skus[key].holders]

    def get(self, product: str, sku: str, user: str) -> dict[str, Any]:
        """The licence of one user.

        Raises:
            Refusal: 404, there is none.
        """
        found = self._sku(product, sku)
        ref = self._workspace.user(user)["id"]
        if ref not in found.holders:
            raise not_found("userId")
        return self._view((product, sku), ref)

    def assign(self, product: str, sku: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give a user a licence.

        Raises:
            Refusal: 400, 404; 412 for one who has it, and when none is left.
        """
        found, named = self._sku(product, sku), body.get("userId")
        if not isinstance(named, str) or not named:
            raise required("userId")
        ref = self._workspace.user(named, writing=True)["id"]
        others = [one for key, one in self._workspace.skus.items() if key[0] == product]
        if ref in found.holders:
            message = "User already has a license for the specified product and SKU"
            raise Refusal(412, "conditionNotMet", message)
        if any(ref in one.holders for one in others):
            message = "User already has a license for another SKU of the product"
            raise Refusal(412, "conditionNotMet", message)
        if len(found.holders) >= found.seats:
            message = "There aren't enough available licenses for the specified product-SKU pair"
            raise Refusal(412, "conditionNotMet", message)
        found.holders.append(ref)
        return self._view((product, sku), ref)

    def take(self, product: str, sku: str, user: str) -> dict[str, Any]:
        """Take a user's licence away.

        Raises:
            Refusal: 404.
        """
        self.get(product, sku, user)
        self._sku(product, sku).holders.remove(self._workspace.user(user)["id"])
        return {}

    def _sku(self, product: str, sku: str) -> Sku:
        found = self._workspace.skus.get((product, sku))
        if found is None:
            raise not_found("skuId")
        return found

    def _view(self, key: tuple[str, str], ref: str) -> dict[str, Any]:
        product, sku = key
        address = self._workspace.users[ref]["primaryEmail"]
        path = f"/apps/licensing/v1/product/{product}/sku/{sku}/user/{address}"
        return {
            "kind": "licensing#licenseAssignment",
            "etags": f'"{sku}/{ref}"',
            "selfLink": f"https://licensing.googleapis.com{path}",
            "userId": address,
            "productId": product,
            "productName": product,
            "skuId": sku,
            "skuName": self._workspace.skus[key].name,
        }

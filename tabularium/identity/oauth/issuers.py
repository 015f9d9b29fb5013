"""Who may have issued an ID token or a code."""

from __future__ import annotations

import re
from typing import Final, Literal

from tabularium.identity.oauth.providers import Endpoints, ProviderOptions

IssuerProblem = Literal["issuer_mismatch", "issuer_missing"]

TENANT: Final = "{tenantid}"
"""Stands in Microsoft's issuer for the tenant, which each token names itself."""

_TENANT_FORM: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_PERSONAL_ACCOUNTS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all accounts that belong to no organization."""


def is_issuer(options: ProviderOptions, endpoints: Endpoints, issuer: str, tenant: object = None) -> bool:
    """Say whether `issuer` is the provider's. `tenant` is the one that the token names, where a token is judged."""
    known = endpoints.issuer
    if known is None:
        return False
    if TENANT in known:
        named = _tenant_in(known, issuer)
        return named is not None and tenant in (None, named) and _is_configured(options.tenant_id, named)
    return issuer == known or (
        options.traits.issuer_may_lack_scheme and known.startswith("https://") and f"https://{issuer}" == known
    )


def issuer_problem(options: ProviderOptions, endpoints: Endpoints, issuer: str | None) -> IssuerProblem | None:
    """Judge the `iss` of a callback, in the words that the callback answers with; `None` is well.

    Of a provider whose issuer is not known any is accepted, since there is nothing to compare it with.
    """
    if issuer is None:
        return "issuer_missing" if endpoints.promises_issuer else None
    if endpoints.issuer is None or is_issuer(options, endpoints, issuer):
        return None
    return "issuer_mismatch"


def _tenant_in(known: str, issuer: str) -> str | None:
    before, _, after = known.partition(TENANT)
    if not issuer.startswith(before) or not issuer.endswith(after) or len(issuer) <= len(before) + len(after):
        return None
    tenant = issuer[len(before) : len(issuer) - len(after)]
    return tenant if _TENANT_FORM.fullmatch(tenant) else None


def _is_configured(configured: str | None, tenant: str) -> bool:
    match (configured or "common").lower():
        case "common":
            return True
        case "organizations":
            return tenant != _PERSONAL_ACCOUNTS
        case "consumers":
            return tenant == _PERSONAL_ACCOUNTS
        case one:
            return tenant.lower() == one

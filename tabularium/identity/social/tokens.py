"""The tokens of providers at rest: sealed for one column of one user, and opened again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.identity.context import AuthContext
from tabularium.identity.oauth.tokens import Tokens

TokenColumn = Literal["accessToken", "refreshToken", "idToken"]

_PURPOSE: Final = "provider-tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What is known of somebody's tokens, `None` for what is not. The times are instants."""

    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    access_token_expires_at: str | None = None
    refresh_token_expires_at: str | None = None
    scopes: tuple[str, ...] = ()

    @classmethod
    def given(cls, tokens: Tokens) -> Self:
        """Return what a provider gave."""
        return cls(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            id_token=tokens.id_token,
            access_token_expires_at=tokens.access_token_expires_at,
            refresh_token_expires_at=tokens.refresh_token_expires_at,
            scopes=tokens.scopes,
        )

    def renewed(self, new: Tokens) -> Self:
        """Return these with what a provider gave in their place; what it did not give goes on."""
        return replace(
            self,
            access_token=new.access_token,
            access_token_expires_at=new.access_token_expires_at,
            refresh_token=new.refresh_token or self.refresh_token,
            refresh_token_expires_at=new.refresh_token_expires_at
            or (None if new.refresh_token else self.refresh_token_expires_at),
            id_token=new.id_token or self.id_token,
            scopes=new.scopes or self.scopes,
        )


def columns(context: AuthContext, user_id: str, tokens: TokenSet) -> dict[str, Any]:
    """Return the columns that hold tokens. What is not known is left out, and so stays as it is stored."""
    values: dict[str, Any] = {}
    if tokens.access_token:
        values["accessToken"] = _sealed(context, user_id, "accessToken", tokens.access_token)
        values["accessTokenExpiresAt"] = tokens.access_token_expires_at
    if tokens.refresh_token:
        values["refreshToken"] = _sealed(context, user_id, "refreshToken", tokens.refresh_token)
        values["refreshTokenExpiresAt"] = tokens.refresh_token_expires_at
    if tokens.id_token:
        values["idToken"] = _sealed(context, user_id, "idToken", tokens.id_token)
    if tokens.scopes:
        values["scope"] = ",".join(tokens.scopes)
    return values


def opened(context: AuthContext, account: Found) -> TokenSet:
    """Return the tokens of an account. One that cannot be opened is as none."""
    return TokenSet(
        access_token=_opened(context, account, "accessToken"),
        refresh_token=_opened(context, account, "refreshToken"),
        id_token=_opened(context, account, "idToken"),
        access_token_expires_at=account["accessTokenExpiresAt"],
        refresh_token_expires_at=account["refreshTokenExpiresAt"],
        scopes=scopes_of(account),
    )


def scopes_of(account: Found) -> tuple[str, ...]:
    """Return the scopes that were granted. Some products join them with spaces."""
    return tuple((account["scope"] or "").replace(",", " ").split())


def _sealed(context: AuthContext, user_id: str, column: TokenColumn, token: str) -> str:
    return context.auth.vault.encrypt(token, _PURPOSE, ACCOUNT.name, column, user_id)


def _opened(context: AuthContext, account: Found, column: TokenColumn) -> str | None:
    stored = account[column]
    if not stored:
        return None
    return context.auth.vault.decrypt_token(stored, _PURPOSE, ACCOUNT.name, column, account["userId"])

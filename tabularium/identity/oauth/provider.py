"""One configured provider, as a flow uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from tabularium.clock import Clock
from tabularium.identity.oauth import tokens as token_requests
from tabularium.identity.oauth.authorization import authorization_url
from tabularium.identity.oauth.discovery import Discovery
from tabularium.identity.oauth.failures import (
    DiscoveryFailed,
    InvalidCode,
    InvalidIdToken,
    ProfileUnavailable,
    RefreshFailed,
)
from tabularium.identity.oauth.id_tokens import Claims, read_id_token, verify_id_token
from tabularium.identity.oauth.issuers import IssuerProblem, issuer_problem
from tabularium.identity.oauth.outbound import Outbound
from tabularium.identity.oauth.profiles import Profile, find_profile
from tabularium.identity.oauth.providers import Endpoints, ProviderOptions
from tabularium.identity.oauth.shared_load import SharedLoad
from tabularium.identity.oauth.signing_keys import SigningKeys
from tabularium.identity.oauth.tokens import Tokens

Keep = Callable[[Tokens], Awaitable[None]]


class Provider:
    """Asks one provider. It lives as long as the server, since it keeps documents and keys."""

    def __init__(self, options: ProviderOptions, outbound: Outbound, clock: Clock) -> None:
        self.options = options
        self._outbound = outbound
        self._clock = clock
        self._discovery = Discovery(options, outbound, clock)
        self._keys = SigningKeys(self._discovery, outbound, clock)
        self._refreshes: dict[str, SharedLoad[Tokens]] = {}
        """Those on their way, by refresh token."""

    @property
    def takes_id_tokens(self) -> bool:
        """Whether a client may sign in with an ID token that it already has."""
        return self.options.traits.takes_id_tokens

    async def authorization_url(
        self,
        *,
        state: str,
        verifier: str,
        redirect_uri: str,
        scopes: Sequence[str] = (),
        login_hint: str | None = None,
    ) -> str:
        """Return where the browser goes to sign in. Raises `DiscoveryFailed`."""
        return authorization_url(
            self.options,
            await self._discovery.endpoints(),
            state=state,
            verifier=verifier,
            redirect_uri=redirect_uri,
            scopes=scopes,
            login_hint=login_hint,
        )

    async def issuer_problem(self, issuer: str | None) -> IssuerProblem | None:
        """Judge the `iss` of a callback, in the words that the callback answers with. Raises `DiscoveryFailed`."""
        return issuer_problem(self.options, await self._discovery.endpoints(), issuer)

    async def exchange_code(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """Change the code of a callback into tokens. Raises `InvalidCode`."""
        try:
            endpoints = await self._discovery.endpoints()
        except DiscoveryFailed as failure:
            raise InvalidCode(str(failure)) from None
        return await token_requests.exchange_code(
            self.options,
            endpoints,
            self._outbound,
            self._clock,
            code=code,
            verifier=verifier,
            redirect_uri=redirect_uri,
        )

    async def refresh(self, refresh_token: str, keep: Keep | None = None) -> Tokens:
        """Renew tokens, once for all who ask with the same token at the same time. Raises `RefreshFailed`.

        A token may be good for one use, and some providers end all that came of it when they see it twice. `keep`
        stores the new ones before that is over: whoever asks with the old token later finds them.
        """
        running = self._refreshes.get(refresh_token)
        if running is None:
            running = SharedLoad(lambda: self._refresh(refresh_token, keep), self._clock, timedelta())
            self._refreshes[refresh_token] = running
        return await running.reload()

    async def _refresh(self, refresh_token: str, keep: Keep | None) -> Tokens:
        try:
            endpoints = await self._discovery.endpoints()
            new = await token_requests.refresh(self.options, endpoints, self._outbound, self._clock, refresh_token)
            if keep is not None:
                await keep(new)
            return new
        except DiscoveryFailed as failure:
            raise RefreshFailed(str(failure)) from None
        finally:
            self._refreshes.pop(refresh_token, None)

    async def renews_tokens(self) -> bool:
        """Say whether the provider may renew tokens: unless its document says that it does not."""
        try:
            return (await self._discovery.endpoints()).renews_tokens
        except DiscoveryFailed:
            return True  # asking it will tell

    async def profile(self, tokens: Tokens) -> Profile:
        """Return who the tokens of a code belong to. Raises `ProfileUnavailable`, also for a bad ID token."""
        try:
            endpoints = await self._discovery.endpoints()
            claims = await self._claims(tokens.id_token, endpoints)
        except (DiscoveryFailed, InvalidIdToken) as failure:
            raise ProfileUnavailable(str(failure)) from None
        return await self._profile(endpoints, claims, tokens.access_token)

    async def profile_of_id_token(
        self, id_token: str, *, nonce: str | None = None, access_token: str | None = None
    ) -> Profile:
        """Return who an ID token that a client brought belongs to.

        Raises `InvalidIdToken` for the token, also where this provider takes none or its keys cannot be had, and
        `ProfileUnavailable` where the token is good and does not say enough.
        """
        try:
            endpoints = await self._discovery.endpoints()
            if not (self.takes_id_tokens and endpoints.verifies_id_tokens):
                raise InvalidIdToken("the provider's ID tokens cannot be verified")
            claims = await verify_id_token(
                id_token, self.options, endpoints, self._keys, self._clock, nonce=nonce, is_direct=True
            )
        except DiscoveryFailed as failure:
            raise InvalidIdToken(str(failure)) from None
        return await self._profile(endpoints, claims, access_token)

    async def profile_of_stored(self, access_token: str | None, id_token: str | None) -> Profile:
        """Return who stored tokens belong to. The ID token is believed as it is stored, and may have expired.

        Raises `ProfileUnavailable`.
        """
        try:
            endpoints = await self._discovery.endpoints()
            claims = read_id_token(id_token) if id_token and self._counts_id_tokens(endpoints) else None
        except (DiscoveryFailed, InvalidIdToken) as failure:
            raise ProfileUnavailable(str(failure)) from None
        return await self._profile(endpoints, claims, access_token)

    async def _claims(self, id_token: str | None, endpoints: Endpoints) -> Claims | None:
        if id_token is None or not self._counts_id_tokens(endpoints):
            return None
        return await verify_id_token(id_token, self.options, endpoints, self._keys, self._clock)

    def _counts_id_tokens(self, endpoints: Endpoints) -> bool:
        """Say whether ID tokens are used: not where userinfo says everything, nor where they cannot be verified."""
        return self.options.traits.source != "userinfo" and endpoints.verifies_id_tokens

    async def _profile(
        self, endpoints: Endpoints, claims: Mapping[str, object] | None, access_token: str | None
    ) -> Profile:
        return await find_profile(self.options, endpoints, self._outbound, claims=claims, access_token=access_token)

"""Judges ID tokens: who signed them, who issued them, for whom, and when."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from tabularium.clock import Clock
from tabularium.identity.oauth.failures import InvalidIdToken
from tabularium.identity.oauth.issuers import is_issuer
from tabularium.identity.oauth.providers import Endpoints, ProviderOptions
from tabularium.identity.oauth.signing_keys import ASYMMETRIC, SigningKeys

Claims = Mapping[str, Any]

_BY_SECRET: Final = ("HS256", "HS384", "HS512")
_LEAST_SECRET_BYTES: Final = 32
_MOST_AGE: Final = 3600
_SKEW: Final = 60
"""Seconds by which a provider's clock may be ahead of ours."""

_UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a text that is no token makes the library raise."""


class _Registry(JWSRegistry):
    """Knows the algorithms that are accepted here, whatever the library recommends; never `none`."""

    max_header_length = 8192  # some send a chain of certificates

    def __init__(self) -> None:
        # RFC 7515 4: a header that is not understood is ignored, unless `crit` lists it.
        super().__init__(algorithms=[*ASYMMETRIC, *_BY_SECRET], strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise InvalidIdToken("the token is signed in a way that is not accepted")
        return self.algorithms[name]  # without the library's warning that `EdDSA` has got newer names


_REGISTRY: Final = _Registry()


async def verify_id_token(
    token: str,
    options: ProviderOptions,
    endpoints: Endpoints,
    keys: SigningKeys,
    clock: Clock,
    *,
    nonce: str | None = None,
    is_direct: bool = False,
) -> Claims:
    """Return the claims of a token that the provider made for us and that has not expired.

    `is_direct` is for one that a client brought, and not the token endpoint: it must be signed with a private key and
    at most an hour old. `nonce`, where given, must be in it. Raises `InvalidIdToken` and `DiscoveryFailed`.
    """
    signed = _read(token)
    key = await _key(signed, options, keys, is_direct=is_direct)
    try:
        is_valid = jws.validate_compact(signed, key, registry=_REGISTRY)
    except _UNREADABLE:
        is_valid = False
    if not is_valid:
        raise InvalidIdToken("the signature of the token is wrong")
    claims = _claims(signed)
    _check_times(claims, int(clock.now().timestamp()), is_direct=is_direct)
    _check_parties(claims, options, endpoints)
    if nonce is not None and not _is_nonce(claims.get("nonce"), nonce):
        raise InvalidIdToken("the token holds another nonce")
    return claims


def read_id_token(token: str) -> Claims:
    """Return the claims unverified: only for a stored token, which was verified or came from the provider itself.

    Raises `InvalidIdToken`.
    """
    return _claims(_read(token))


def _read(token: str) -> CompactSignature:
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        _REGISTRY.check_header(signed.headers())
    except _UNREADABLE:
        raise InvalidIdToken("the token cannot be read") from None
    return signed


def _claims(signed: CompactSignature) -> Claims:
    try:
        claims = orjson.loads(signed.payload)
    except orjson.JSONDecodeError:
        claims = None
    if not isinstance(claims, dict):
        raise InvalidIdToken("the token holds no claims")
    return claims


async def _key(signed: CompactSignature, options: ProviderOptions, keys: SigningKeys, *, is_direct: bool) -> Key:
    algorithm = signed.headers()["alg"]
    if algorithm in ASYMMETRIC:
        return await keys.find(algorithm, signed.headers().get("kid"))
    # OpenID Connect Core 10.1: a MAC is made with the client's secret, and with nothing that others know.
    secret = options.client_secret.encode()
    if algorithm in _BY_SECRET and options.kind == "generic" and not is_direct and len(secret) >= _LEAST_SECRET_BYTES:
        try:
            return OctKey.import_key(secret)
        except ValueError:
            raise InvalidIdToken("the client's secret cannot verify a token") from None
    raise InvalidIdToken("the token is signed in a way that is not accepted")


def _check_times(claims: Claims, now: int, *, is_direct: bool) -> None:
    try:
        JWTClaimsRegistry(now, exp={"essential": True}).validate({"exp": claims.get("exp")})
        lenient = JWTClaimsRegistry(now, leeway=_SKEW, iat={"essential": is_direct})
        lenient.validate({name: claims[name] for name in ("iat", "nbf") if name in claims})
    except JoseError:
        raise InvalidIdToken("the token has expired, or is not valid yet") from None
    if is_direct and now - claims["iat"] > _MOST_AGE:
        raise InvalidIdToken("the token is older than an hour")


def _check_parties(claims: Claims, options: ProviderOptions, endpoints: Endpoints) -> None:
    issuer = claims.get("iss")
    # Where the issuer is a template the token must name its tenant, and "" is the name of none.
    if not isinstance(issuer, str) or not is_issuer(options, endpoints, issuer, claims.get("tid") or ""):
        raise InvalidIdToken("the token was issued by somebody else")
    try:
        JWTClaimsRegistry(aud={"essential": True, "value": options.client_id}).validate({"aud": claims.get("aud")})
    except JoseError:
        raise InvalidIdToken("the token is for somebody else") from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp", options.client_id) != options.client_id:
        raise InvalidIdToken("the token was made for another party of its audience")
    if options.kind == "google" and options.hd and not _is_domain(claims.get("hd"), options.hd):
        raise InvalidIdToken("the account is not of the configured domain")


def _is_domain(domain: Any, configured: str) -> bool:
    """Compare the domain of an account. `*` is any, which leaves out the accounts that have none."""
    return isinstance(domain, str) and bool(domain) and configured.lower() in ("*", domain.lower())


def _is_nonce(claimed: Any, nonce: str) -> bool:
    return isinstance(claimed, str) and hmac.compare_digest(claimed.encode(), nonce.encode())

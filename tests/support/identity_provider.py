"""A provider of identities on loopback, in the shape of each kind that the product knows, for any test of sign-in.

    with IdentityProvider("google") as google:
        settings = {"auth": {"strategies": [{"type": "oauth", "providers": [google.configuration()]}]}}
        environment = google.environment()
        callback = google.sign_in(authorization_url)      # what the browser would be sent back to

Who signs in is `person`, what goes wrong is `faults`, what was asked is `requests`.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, Self
from urllib.parse import unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey
from joserfc.jws import JWSRegistry

from tabularium.clock import Clock, SystemClock
from tabularium.identity.oauth.providers import TRAITS, ProviderKind, ProviderOptions
from tests.support.identity_grants import Grant
from tests.support.identity_http import AnsweringServer, Faults, Received, Reply, json_reply, opened
from tests.support.identity_shapes import SHAPES, Person

CLIENT_SECRET: Final = "client-secret-of-the-tests-0123456789"
TENANT: Final = "9122040d-6c67-4c5b-b112-36a304b66dad"

_ADDRESSES: Final = {
    "authorization_url": "/authorize",
    "token_url": "/token",
    "user_info_url": "/userinfo",
    "emails_url": "/emails",
    "jwks_url": "/jwks",
}
_CONFIGURED: Final = {
    "authorization_url": "authorizationUrl",
    "token_url": "tokenUrl",
    "user_info_url": "userInfoUrl",
    "emails_url": "emailsUrl",
    "jwks_url": "jwksUrl",
}


@cache
def rsa_key(name: str) -> RSAKey:
    """Return a key of this name; making one costs a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


class IdentityProvider:
    """A running provider. Its client is `client_id` with `CLIENT_SECRET`; tokens live for `lifetime` seconds."""

    def __init__(
        self,
        kind: ProviderKind = "generic",
        *,
        provider_id: str | None = None,
        clock: Clock | None = None,
        token_authentication: str = "form",
    ) -> None:
        self.kind = kind
        self.provider_id = provider_id or (kind if kind != "generic" else "keycloak")
        self.client_id = f"client-of-{self.provider_id}"
        self.clock = clock or SystemClock()
        self.person = Person()
        self.faults = Faults()
        self.token_authentication = token_authentication
        self.lifetime = 3600
        self.requests: list[Received] = []
        self.keys: list[Key] = [rsa_key("first")]
        """The last one signs, all are published."""
        self._codes: dict[str, Grant] = {}
        self._refresh_tokens: dict[str, Grant] = {}
        self._access_tokens: dict[str, Person] = {}
        self._closing = threading.Event()
        self._server = AnsweringServer(self.answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.002,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        """Who signs the ID tokens."""
        return f"{self.url}/{TENANT}/v2.0" if self.kind == "microsoft" else self.url

    @property
    def discovery_url(self) -> str:
        return f"{self.url}/.well-known/openid-configuration"

    def options(self, **changes: Any) -> ProviderOptions:
        """Return the options of a provider that is here: by discovery if generic, else with every address moved."""
        options = ProviderOptions(
            id=self.provider_id, kind=self.kind, client_id=self.client_id, client_secret=CLIENT_SECRET
        )
        if self.kind == "generic":
            return replace(options, discovery_url=self.discovery_url, **changes)
        return replace(options, **{**self._moved(), "issuer": self._issuer_option, **changes})

    def configuration(self, **changes: Any) -> dict[str, Any]:
        """Return the same as an entry of `providers` in the application file."""
        if self.kind == "generic":
            return {"id": self.provider_id, "discoveryUrl": self.discovery_url, **changes}
        moved = {_CONFIGURED[name]: address for name, address in self._moved().items()}
        issuer = {"issuer": self._issuer_option} if self._issuer_option else {}
        return {"id": self.provider_id, **moved, **issuer, **changes}

    def environment(self) -> dict[str, str]:
        """Return the variables with the client's credentials."""
        name = self.provider_id.upper().replace("-", "_")
        return {f"{name}_CLIENT_ID": self.client_id, f"{name}_CLIENT_SECRET": CLIENT_SECRET}

    def _moved(self) -> dict[str, Any]:
        """Return every address that this kind has, moved here."""
        traits = TRAITS[self.kind]
        return {name: self.url + path for name, path in _ADDRESSES.items() if getattr(traits, name) is not None}

    @property
    def _issuer_option(self) -> str | None:
        if self.kind == "microsoft":
            return f"{self.url}/{{tenantid}}/v2.0"
        return self.url if self.kind == "google" else None

    def sign_in(self, authorization_url: str) -> str:
        """Be the browser: open the page, agree, and return the address that it is sent back to."""
        return opened(authorization_url)

    def count(self, path: str) -> int:
        """Return how often an endpoint was asked."""
        return sum(each.path == path for each in self.requests)

    def last(self, path: str) -> Received:
        """Return the newest request to an endpoint."""
        return next(each for each in reversed(self.requests) if each.path == path)

    def rotate(self, key: Key | None = None, *, keeps_old: bool = False) -> None:
        """Sign with another key from now on."""
        new = key or ECKey.generate_key("P-256", {"kid": f"key-{secrets.token_hex(4)}", "use": "sig"})
        self.keys = [*self.keys, new] if keeps_old else [new]

    def id_token(self, *, key: Any = None, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """Sign an ID token for the person, by default a good one. A claim or a header that is `None` is left out."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + (-60 if self.faults.is_expired else self.lifetime),
            **({"tid": TENANT} if self.kind == "microsoft" else {}),
            **SHAPES[self.kind].claims(self.person),
            **self.faults.claims,
            **changes,
        }
        used = key or self.keys[-1]
        algorithm = "RS256" if used.key_type == "RSA" else "ES256"
        return jwt.encode(
            _given({"alg": algorithm, "kid": used.kid, **(header or {})}),
            _given(claims),
            used,
            registry=JWSRegistry(algorithms=list(JWSRegistry.algorithms), strict_check_header=False),
        )

    def answer(self, request: Received) -> Reply:
        """Answer one request."""
        self.requests.append(request)
        faulty = self.faults.reply(request.path, self.url, self._closing)
        if faulty is not None:
            return faulty
        answer = _ANSWERS.get((request.method, request.path))
        return answer(self, request) if answer else (404, {}, b"{}")

    def _document(self, _: Received) -> Reply:
        methods = ["client_secret_basic"] if self.token_authentication == "basic" else ["client_secret_post"]
        return json_reply(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": methods,
                **self.faults.document,
            }
        )

    def _jwks(self, _: Received) -> Reply:
        return json_reply({"keys": [key.as_dict(private=False) for key in self.keys]})

    def _authorize(self, request: Received) -> Reply:
        asked = request.fields
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            return json_reply({"error": "invalid_request"}, 400)
        back = {"state": asked["state"]}
        if self.faults.document.get("authorization_response_iss_parameter_supported"):
            back["iss"] = self.issuer
        if self.faults.authorize_error:
            back["error"] = self.faults.authorize_error
        else:
            back["code"] = secrets.token_urlsafe(16)
            self._codes[back["code"]] = Grant(
                client_id=asked["client_id"],
                redirect_uri=asked["redirect_uri"],
                challenge=asked.get("code_challenge") if asked.get("code_challenge_method") == "S256" else None,
                scope=asked.get("scope", ""),
                person=self.person,
            )
        return 302, {"location": f"{asked['redirect_uri']}?{urlencode(back)}"}, b""

    def _token(self, request: Received) -> Reply:
        refused_status = 200 if self.kind == "github" else 400
        if not self._is_client(request):
            return json_reply({"error": "invalid_client"}, 200 if self.kind == "github" else 401)
        asked = request.fields
        if asked.get("grant_type") == "refresh_token":
            grant = self._refresh_tokens.pop(asked.get("refresh_token", ""), None)
        else:
            grant = self._codes.pop(asked.get("code", ""), None)
            if grant and not grant.is_proven(asked):
                grant = None
        if grant is None:
            return json_reply(
                {"error": "invalid_grant", "error_description": "What was sent is not known."}, refused_status
            )
        return json_reply(self._tokens(grant))

    def _tokens(self, grant: Grant) -> dict[str, Any]:
        access_token, refresh_token = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
        self._access_tokens[access_token] = grant.person
        scope = grant.scope.replace(" ", ",") if self.kind == "github" else grant.scope
        answer: dict[str, Any] = {
            **({"ok": True} if self.kind == "slack" else {}),
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": self.lifetime,
            "scope": scope,
        }
        if not self.faults.has_no_refresh_token:
            self._refresh_tokens[refresh_token] = grant
            answer |= {"refresh_token": refresh_token, "refresh_token_expires_in": 30 * self.lifetime}
        if "openid" in grant.scope.split() and not self.faults.has_no_id_token:
            answer["id_token"] = self.id_token()
        return answer

    def _is_client(self, request: Received) -> bool:
        if self.token_authentication == "basic":
            kind, _, pair = request.headers.get("authorization", "").partition(" ")
            name, _, secret = base64.b64decode(pair).decode().partition(":")
            sent = (unquote_plus(name), unquote_plus(secret)) if kind == "Basic" else None
            return sent == (self.client_id, CLIENT_SECRET) and "client_secret" not in request.fields
        return (request.fields.get("client_id"), request.fields.get("client_secret")) == (
            self.client_id,
            CLIENT_SECRET,
        )

    def _person_of(self, request: Received) -> Person | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return self._access_tokens.get(token) if kind == "Bearer" else None

    def _userinfo(self, request: Received) -> Reply:
        person = self._person_of(request)
        if person is None:
            return json_reply({"ok": False, "error": "invalid_auth"}, 200 if self.kind == "slack" else 401)
        said = {**SHAPES[self.kind].userinfo(person), **self.faults.userinfo}
        return json_reply(_given(said))

    def _emails(self, request: Received) -> Reply:
        person = self._person_of(request)
        return json_reply({"message": "Bad credentials"}, 401) if person is None else json_reply(person.listed_emails())


_ANSWERS: Final = {
    ("GET", "/.well-known/openid-configuration"): IdentityProvider._document,
    ("GET", "/jwks"): IdentityProvider._jwks,
    ("GET", "/authorize"): IdentityProvider._authorize,
    ("POST", "/token"): IdentityProvider._token,
    ("GET", "/userinfo"): IdentityProvider._userinfo,
    ("GET", "/emails"): IdentityProvider._emails,
}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

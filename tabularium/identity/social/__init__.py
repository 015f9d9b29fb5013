"""Signing in with an identity provider, and what people do with the accounts that come of it.

`start` sends the browser away and `callback` takes it back; `state` is what is kept between the two. `who` decides
whose sign-in it is, `linking` adds a way to sign in, `id_tokens` does both for clients that bring an ID token.
`accounts` shows and removes what is linked, `tokens` and `access` keep the provider's tokens and hand them out.
"""

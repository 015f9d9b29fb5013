"""What may go wrong with another server. No text here holds a secret, a token, a code or an address of a person.

ProviderFailed
├── OutboundFailed        it cannot be reached, is too slow, sends too much (`outbound.py`)
├── DiscoveryFailed       its discovery document or its keys cannot be used
├── InvalidCode           it did not change the code into tokens
├── RefreshFailed         it did not renew the tokens
├── InvalidIdToken        the ID token is not one that it has made for us, now
└── ProfileUnavailable    it does not say who somebody is, or the account may not sign in
    └── SubjectMissing    what it says has no id
"""

from __future__ import annotations


class ProviderFailed(Exception):
    """Another server did not do its part. The text says why, for a log."""


class DiscoveryFailed(ProviderFailed):
    """The discovery document or the keys cannot be used."""


class InvalidCode(ProviderFailed):
    """The code was not changed into tokens."""


class RefreshFailed(ProviderFailed):
    """The tokens were not renewed."""


class InvalidIdToken(ProviderFailed):
    """The ID token cannot be believed."""


class ProfileUnavailable(ProviderFailed):
    """It is not known who somebody is, or the provider says that the account may not be used."""


class SubjectMissing(ProfileUnavailable):
    """The provider says something, and not by which id it knows the person."""

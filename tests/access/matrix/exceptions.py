"""What the access matrix does not show, or shows differently than the contract's access says, each with its reason.

These lists only shrink: an entry that is not needed any more fails the tests.
"""

from __future__ import annotations

from collections.abc import Mapping

_A_PROVIDER = "It needs what a provider sends back; tests/identity/social goes that way."
UNSERVED: Mapping[str, str] = {
    "post_get_session": "It is there to say 405.",
    "update_session": "No property of a session may be changed, so it is 400 for all.",
    "open_callback": _A_PROVIDER,
    "open_oauth2_callback": _A_PROVIDER,
    "refresh_token": _A_PROVIDER,
    "get_account_info": _A_PROVIDER,
    "stop_impersonating": "It needs a session that impersonates; tests/identity/admin has one.",
    "claim_first_admin": "It is only there while there is no administrator.",
}
"""Operations that serve none of the callers: their rows show no more than who is turned away first."""
_A_CHALLENGE = "Who is not signed in needs the challenge of a sign-in, which the anonymous caller has not begun."
DIFFERENT: Mapping[str, str] = {
    "verify_email": "It serves the signed-out, and refuses whoever is signed in as somebody else: INVALID_USER.",
    "verify_totp": _A_CHALLENGE,
    "send_otp": _A_CHALLENGE,
    "verify_otp": _A_CHALLENGE,
    "verify_backup_code": _A_CHALLENGE,
    "delete_user_callback": "Its link works in the session of who asked for it alone, and tells others nothing.",
    "get_openapi": "It is for all, and each caller finds the tables in it that they may use.",
    "impersonate_user": "A key of an administrator may not do it, so that every key is 401.",
}
"""Operations whose rows differ from what the contract tells of their access."""
ROWLESS: Mapping[str, str] = {
    "list_views": "A view is part of the file; its records are those of list_view_records.",
    "get_view": "The same.",
}
"""Operations of tables that neither show, count, link to nor change any row."""

"""Signing in with a code."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.identity import addresses, mailbox_sign_in, users
from tabularium.identity.context import AuthContext
from tabularium.identity.email_otp import codes
from tabularium.identity.email_otp.sending import identifier
from tabularium.identity.mailbox_sign_in import SignedIn
from tabularium.identity.refusals import AuthRefused

_METHOD: Final = "emailOtp"


async def sign_in(
    context: AuthContext, *, email: str, code: str, name: str | None, image: str | None
) -> dict[str, Any]:
    """Open a session for an address and its code. Who is new is made, with a name and a picture if they were sent."""
    address = addresses.require_coded(email)

    async def work(transaction: Session) -> SignedIn:
        try:
            await codes.use(transaction, context, identifier("sign-in", address), code)
        except AuthRefused:
            user = await users.find_by_email(transaction, address)
            await mailbox_sign_in.note_failure(transaction, context, user, _METHOD, "code")
            raise
        opened = await mailbox_sign_in.sign_in(
            transaction, context, address, method=_METHOD, name=name or "", image=image
        )
        if opened is None:
            await mailbox_sign_in.note_failure(transaction, context, None, _METHOD, "sign_up_closed")
            raise AuthRefused(400, "INVALID_OTP", keeps=True)
        return opened

    opened = await mailbox_sign_in.once_more(context, work)
    return {"token": opened.session["token"], "user": users.public(opened.user, context.options)}

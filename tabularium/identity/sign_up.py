"""Signing up with a password."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, email_verification, passwords, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused


async def by_email(
    context: AuthContext,
    *,
    name: str,
    email: str,
    password: str,
    image: str | None = None,
    callback_url: str | None = None,
    remember: bool = True,
) -> dict[str, Any]:
    """Make a user with a password and sign them in. Returns `{token, user}`; without a session the token is null.

    The unique index decides between several who ask at once. Where an answer must not tell that an address is taken, it
    shows a user who does not exist, and the owner of the address gets a note.
    """
    options = context.options
    if options.password is None or not options.allow_sign_up:
        raise AuthRefused(400, "EMAIL_PASSWORD_SIGN_UP_DISABLED")
    address = addresses.require(email, stored=True)
    passwords.check_new(password, options.password)
    hashed = await context.auth.hasher.hash(password)
    signs_in = options.password.auto_sign_in and not options.password.require_verification

    async def work(transaction: Session) -> tuple[Found, str | None]:
        user = await users.create(transaction, context, email=address, name=name, image=image)
        await _add_password(transaction, context, user, hashed, callback_url)
        if not signs_in:
            return user, None
        session = await sessions.open_session(transaction, context, user, remember=remember)
        await context.note(transaction, "user.signed_in", user, method="password")
        return user, session["token"]

    try:
        user, token = await context.write(work)
    except UniqueViolation:
        if signs_in:
            raise AuthRefused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL") from None
        user, token = users.new_user(context, email=address, name=name, image=image), None
        context.mail(address, "existingAccount", name=name, email=address, url=context.auth.base_url)
    return {"token": token, "user": users.public(user, options)}


async def _add_password(
    transaction: Session, context: AuthContext, user: Found, hashed: str, callback_url: str | None
) -> None:
    """Store the password of a new user, and have the mails sent that a newcomer gets."""
    await users.create_account(transaction, context, user["id"], users.CREDENTIAL, user["id"], password=hashed)
    await context.note(transaction, "user.created", user, method="password")
    if context.options.verification.send_on_sign_up:
        email_verification.mail_link(context, user, callback_url)
    context.mail(user["email"], "welcome", name=user["name"], email=user["email"])

"""Codes that are mailed."""

from __future__ import annotations

from typing import Any

from tabularium.identity.context import AuthContext
from tabularium.identity.email_otp import address_changes, passwords, sending, signing_in


async def send_verification_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/send-verification-otp`."""
    return await sending.send(context, email=body["email"], kind=body["type"])


async def check_verification_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/check-verification-otp`."""
    return await sending.check(context, email=body["email"], kind=body["type"], code=body["otp"])


async def sign_in_email_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-in/email-otp`."""
    return await signing_in.sign_in(
        context, email=body["email"], code=body["otp"], name=body.get("name"), image=body.get("image")
    )


async def verify_email_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/verify-email`."""
    return await address_changes.verify(context, email=body["email"], code=body["otp"])


async def request_password_reset_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/request-password-reset`."""
    return await sending.request_reset(context, email=body["email"])


async def request_forget_password_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/forget-password/email-otp`, the former name of the other."""
    return await sending.request_reset(context, email=body["email"])


async def reset_password_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/reset-password`."""
    return await passwords.reset(context, email=body["email"], code=body["otp"], password=body["password"])


async def request_email_change_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/request-email-change`."""
    return await address_changes.request_change(context, new_email=body["newEmail"], code=body.get("otp"))


async def change_email_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/email-otp/change-email`."""
    return await address_changes.change(context, new_email=body["newEmail"], code=body["otp"])

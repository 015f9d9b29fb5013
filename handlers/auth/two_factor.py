"""The second factor: enrolling, proving it at sign-in, and giving it up."""

from __future__ import annotations

from typing import Any

from tabularium.identity.context import AuthContext
from tabularium.identity.two_factor import backup_codes, mailed_codes, switching, totp


async def enable_two_factor(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/enable`."""
    return await switching.enable(
        context, password=body["password"], issuer=body.get("issuer"), method=body.get("method", "totp")
    )


async def verify_totp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/verify-totp`."""
    return await totp.verify(context, code=body["code"], trusts_device=body.get("trustDevice", False))


async def send_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/send-otp`."""
    return await mailed_codes.send(context)


async def verify_otp(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/verify-otp`."""
    return await mailed_codes.verify(context, code=body["code"], trusts_device=body.get("trustDevice", False))


async def verify_backup_code(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/verify-backup-code`."""
    return await backup_codes.verify(
        context,
        code=body["code"],
        trusts_device=body.get("trustDevice", False),
        opens_session=not body.get("disableSession", False),
    )


async def generate_backup_codes(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/generate-backup-codes`."""
    return await backup_codes.generate(context, password=body["password"])


async def get_totp_uri(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/get-totp-uri`."""
    return await totp.uri(context, password=body["password"])


async def disable_two_factor(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/two-factor/disable`."""
    return await switching.disable(context, password=body["password"])

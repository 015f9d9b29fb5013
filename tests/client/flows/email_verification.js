// Proving that a mailbox is one's own.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

const EMAIL = "verification@example.com";

export default async function emailVerification(site) {
  const browser = await site.signedUp("verification");
  assert.equal((await browser.session()).user.emailVerified, false);
  fine(await browser.client.sendVerificationEmail({ email: EMAIL, callbackURL: "/welcome?from=mail" }));
  const link = await site.link(EMAIL, "verification");
  assert.equal(await site.browser().open(link), "/welcome?from=mail");
  assert.equal((await browser.session()).user.emailVerified, true);
  refused(await browser.client.sendVerificationEmail({ email: EMAIL }), 400, "EMAIL_ALREADY_VERIFIED");

  const token = new URL(link).searchParams.get("token");
  assert.equal(fine(await browser.client.verifyEmail({ query: { token } })).status, true);
  refused(await browser.client.verifyEmail({ query: { token: `${token}x` } }), 401, "INVALID_TOKEN");
}

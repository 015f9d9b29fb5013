// Codes by mail: to sign in, to prove a mailbox, to get a new password.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

const EMAIL = "otp@example.com";

export default async function emailOtp(site) {
  const browser = site.browser();
  const { client } = browser;
  assert.equal(fine(await client.emailOtp.sendVerificationOtp({ email: EMAIL, type: "sign-in" })).success, true);
  const otp = await site.code(EMAIL);
  refused(await client.signIn.emailOtp({ email: EMAIL, otp: "00000x" }), 400, "INVALID_OTP");
  const signedIn = fine(await client.signIn.emailOtp({ email: EMAIL, otp, name: "Otto" }));
  assert.deepEqual([signedIn.user.name, signedIn.user.emailVerified], ["Otto", true]);
  assert.equal((await browser.session()).session.token, signedIn.token);
  refused(await site.browser().client.signIn.emailOtp({ email: EMAIL, otp }), 400, "INVALID_OTP");

  const other = await site.signedUp("otp-other");
  const { email } = other.user;
  const asked = { email, type: "email-verification" };
  fine(await other.client.emailOtp.sendVerificationOtp(asked));
  const code = await site.code(email);
  assert.equal(fine(await other.client.emailOtp.checkVerificationOtp({ ...asked, otp: code })).success, true);
  const verified = fine(await other.client.emailOtp.verifyEmail({ email, otp: code }));
  assert.deepEqual([verified.status, verified.user.emailVerified], [true, true]);

  fine(await other.client.emailOtp.requestPasswordReset({ email }));
  const reset = { email, otp: await site.code(email), password: "correct-horse-2" };
  assert.equal(fine(await other.client.emailOtp.resetPassword(reset)).success, true);
  fine(await site.browser().client.signIn.email({ email, password: "correct-horse-2" }));
}

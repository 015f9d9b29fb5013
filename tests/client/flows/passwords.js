// Changing a password, and getting a new one by mail.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

const EMAIL = "passwords@example.com";

export default async function passwords(site) {
  const browser = await site.signedUp("passwords");
  const before = (await browser.session()).session.token;
  const change = { currentPassword: "wrong-horse-1", newPassword: "correct-horse-2", revokeOtherSessions: true };
  refused(await browser.client.changePassword(change), 400, "INVALID_PASSWORD");
  refused(await browser.client.changePassword({ ...change, newPassword: "short" }), 400, "PASSWORD_TOO_SHORT");
  const { token } = fine(await browser.client.changePassword({ ...change, currentPassword: "correct-horse-1" }));
  assert.notEqual(token, before);
  assert.equal((await browser.session()).session.token, token);

  const forgetful = site.browser();
  refused(await forgetful.client.signIn.email({ email: EMAIL, password: "correct-horse-1" }), 401, "INVALID_EMAIL_OR_PASSWORD");
  const asked = await forgetful.client.requestPasswordReset({ email: EMAIL, redirectTo: "/reset" });
  assert.equal(fine(asked).status, true);
  const back = new URL(await forgetful.open(await site.link(EMAIL, "resetPassword")));
  assert.equal(back.pathname, "/reset");
  const reset = { newPassword: "correct-horse-3", token: back.searchParams.get("token") };
  assert.equal(fine(await forgetful.client.resetPassword(reset)).status, true);
  refused(await forgetful.client.resetPassword(reset), 400, "INVALID_TOKEN");
  fine(await forgetful.client.signIn.email({ email: EMAIL, password: "correct-horse-3" }));
}

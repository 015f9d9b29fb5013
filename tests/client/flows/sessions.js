// Signing up, in and out, and what becomes of the sessions of several browsers.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

const EMAIL = "sessions@example.com";

export default async function sessions(site) {
  const laptop = await site.signedUp("sessions");
  const { user, session } = await laptop.session();
  assert.equal(user.email, EMAIL);
  assert.equal(user.role, "member");
  assert.ok(user.createdAt instanceof Date);
  assert.ok(session.expiresAt > new Date());

  const stranger = site.browser();
  assert.equal(await stranger.session(), null);
  refused(await stranger.client.listSessions(), 401, "UNAUTHORIZED");
  const taken = { name: "", email: EMAIL, password: "correct-horse-2" };
  refused(await stranger.client.signUp.email(taken), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
  const wrong = { email: EMAIL, password: "wrong-horse-1" };
  refused(await stranger.client.signIn.email(wrong), 401, "INVALID_EMAIL_OR_PASSWORD");

  const [phone, tablet] = [site.browser(), site.browser()];
  for (const browser of [phone, tablet]) {
    const sent = { email: EMAIL, password: "correct-horse-1", rememberMe: browser === phone };
    assert.equal(fine(await browser.client.signIn.email(sent)).user.id, user.id);
  }
  const open = fine(await laptop.client.listSessions());
  assert.equal(open.length, 3);
  assert.ok(open.some(({ token }) => token === session.token));

  const { token } = (await phone.session()).session;
  assert.equal(fine(await laptop.client.revokeSession({ token })).status, true);
  assert.equal(await phone.session(), null);
  assert.equal(fine(await laptop.client.revokeOtherSessions()).status, true);
  assert.equal(await tablet.session(), null);

  assert.equal(fine(await laptop.client.signOut()).success, true);
  assert.equal(laptop.cookies.size, 0);
  assert.equal(await laptop.session(), null);

  fine(await phone.client.signIn.email({ email: EMAIL, password: "correct-horse-1" }));
  assert.equal(fine(await phone.client.revokeSessions()).status, true);
  assert.equal(await phone.session(), null);
}

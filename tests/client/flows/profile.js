// What users change of themselves, up to leaving.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

export default async function profile(site) {
  const browser = await site.signedUp("profile");
  assert.equal(fine(await browser.client.updateUser({ name: "Ada", image: "https://images.example/a.png" })).status, true);
  const { user } = await browser.session();
  assert.deepEqual([user.name, user.image], ["Ada", "https://images.example/a.png"]);
  refused(await browser.client.updateUser({ role: "admin" }), 400, "FIELD_NOT_ALLOWED");

  fine(await browser.client.changeEmail({ newEmail: "changed@example.com", callbackURL: "/changed" }));
  assert.equal((await browser.session()).user.email, "profile@example.com");
  assert.equal(await browser.open(await site.link("changed@example.com", "verification")), "/changed");
  const changed = (await browser.session()).user;
  assert.deepEqual([changed.email, changed.emailVerified], ["changed@example.com", true]);

  refused(await browser.client.deleteUser({ password: "wrong-horse-1" }), 400, "INVALID_PASSWORD");
  assert.equal(fine(await browser.client.deleteUser({ password: "correct-horse-1" })).success, true);
  assert.equal(await browser.session(), null);
  const gone = { email: "changed@example.com", password: "correct-horse-1" };
  refused(await browser.client.signIn.email(gone), 401, "INVALID_EMAIL_OR_PASSWORD");
}

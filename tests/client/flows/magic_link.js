// Signing in by a link in a mail.

import assert from "node:assert/strict";
import { fine } from "../browser.js";

const EMAIL = "magic@example.com";

export default async function magicLink(site) {
  const browser = site.browser();
  const asked = { email: EMAIL, name: "Merlin", callbackURL: "/home", newUserCallbackURL: "/welcome" };
  assert.equal(fine(await browser.client.signIn.magicLink(asked)).status, true);
  const link = await site.link(EMAIL, "magicLink");
  assert.equal(await browser.open(link), `${site.url}/welcome`);
  const { user } = await browser.session();
  assert.deepEqual([user.email, user.name, user.emailVerified], [EMAIL, "Merlin", true]);
  assert.equal(await site.browser().open(link), `${site.url}/home?error=INVALID_TOKEN`);

  fine(await browser.client.signOut());
  fine(await browser.client.signIn.magicLink({ email: EMAIL }));
  const token = new URL(await site.link(EMAIL, "magicLink")).searchParams.get("token");
  const verified = fine(await browser.client.magicLink.verify({ query: { token } }));
  assert.equal(verified.user.id, user.id);
  assert.equal((await browser.session()).session.token, verified.token);
}

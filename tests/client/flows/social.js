// Signing in with an identity provider that is known by its name, and with one that is found by discovery.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

/** Be sent to the provider, agree there, and be sent back; return where that ends. */
async function sentRound(browser, url) {
  const page = await fetch(url, { redirect: "manual" });
  return browser.open(page.headers.get("location"));
}

export default async function social(site) {
  const browser = site.browser();
  refused(await browser.client.signIn.social({ provider: "unknown" }), 404, "PROVIDER_NOT_FOUND");
  const asked = { provider: "google", callbackURL: "/home", newUserCallbackURL: "/welcome" };
  const { url, redirect } = fine(await browser.client.signIn.social(asked));
  assert.equal(redirect, true);
  assert.equal(await sentRound(browser, url), "/welcome");
  const { user } = await browser.session();
  assert.deepEqual([user.email, user.name, user.emailVerified], ["ada@example.org", "Ada Lovelace", true]);

  const [account] = fine(await browser.client.listAccounts());
  assert.equal(account.providerId, "google");
  const chosen = site.release === "1.6" ? account : { accountId: account.id };
  const { providerId, accountId } = chosen;
  const token = fine(await browser.client.getAccessToken({ providerId, accountId }));
  assert.equal(typeof token.accessToken, "string");
  assert.equal(fine(await browser.client.accountInfo({ query: { accountId } })).user.name, "Ada Lovelace");

  const generic = { callbackURL: "/linked" };
  const linked =
    site.release === "1.6"
      ? await browser.client.oauth2.link({ providerId: "keycloak", ...generic })
      : await browser.client.linkSocial({ provider: "keycloak", ...generic });
  assert.equal(await sentRound(browser, fine(linked).url), "/linked");
  assert.equal(fine(await browser.client.listAccounts()).length, 2);
  fine(await browser.client.signOut());
  const started =
    site.release === "1.6"
      ? await browser.client.signIn.oauth2({ providerId: "keycloak", callbackURL: "/home" })
      : await browser.client.signIn.social({ provider: "keycloak", callbackURL: "/home" });
  assert.equal(await sentRound(browser, fine(started).url), "/home");
  assert.equal((await browser.session()).user.id, user.id);

  assert.equal(fine(await browser.client.unlinkAccount({ providerId, accountId })).status, true);
  const [last] = fine(await browser.client.listAccounts());
  const kept = site.release === "1.6" ? last : { accountId: last.id };
  const attempt = { providerId: kept.providerId, accountId: kept.accountId };
  refused(await browser.client.unlinkAccount(attempt), 400, "FAILED_TO_UNLINK_LAST_ACCOUNT");
}

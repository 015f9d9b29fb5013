// The second factor: switched on, asked for, by an app, a mail or a backup code, and switched off.

import assert from "node:assert/strict";
import { base32 } from "@better-auth/utils/base32";
import { createOTP } from "@better-auth/utils/otp";
import { fine, refused } from "../browser.js";

const EMAIL = "factor@example.com";
const PASSWORD = "correct-horse-1";
const PERIOD_MS = 30_000;

/** Return the code that an app shows now, or `steps` from now. */
async function codeOf(uri, steps = 0) {
  const secret = new TextDecoder().decode(base32.decode(new URL(uri).searchParams.get("secret")));
  return createOTP(secret, { digits: 6, period: 30 }).hotp(Math.floor(Date.now() / PERIOD_MS) + steps);
}

async function challenged(site) {
  const browser = site.browser();
  const answer = fine(await browser.client.signIn.email({ email: EMAIL, password: PASSWORD }));
  assert.equal(answer.twoFactorRedirect, true);
  assert.deepEqual(answer.twoFactorMethods, ["totp", "otp"]);
  assert.equal(await browser.session(), null);
  return browser;
}

export default async function twoFactor(site) {
  const owner = await site.signedUp("factor");
  refused(await owner.client.twoFactor.enable({ password: "wrong-horse-1" }), 400, "INVALID_PASSWORD");
  const { totpURI, backupCodes } = fine(await owner.client.twoFactor.enable({ password: PASSWORD }));
  assert.equal(backupCodes.length, 10);
  assert.equal((await owner.session()).user.twoFactorEnabled, false);
  refused(await owner.client.twoFactor.verifyTotp({ code: "000000x" }), 401, "INVALID_CODE");
  fine(await owner.client.twoFactor.verifyTotp({ code: await codeOf(totpURI) }));
  assert.equal((await owner.session()).user.twoFactorEnabled, true);
  assert.equal(fine(await owner.client.twoFactor.getTotpUri({ password: PASSWORD })).totpURI, totpURI);

  const byApp = await challenged(site);
  refused(await byApp.client.twoFactor.verifyTotp({ code: "000000x" }), 401, "INVALID_CODE");
  const code = await codeOf(totpURI);
  assert.equal(fine(await byApp.client.twoFactor.verifyTotp({ code, trustDevice: true })).user.email, EMAIL);
  assert.equal((await byApp.session()).user.email, EMAIL);
  refused(await (await challenged(site)).client.twoFactor.verifyTotp({ code }), 401, "INVALID_CODE");
  fine(await byApp.client.signOut());
  assert.equal(fine(await byApp.client.signIn.email({ email: EMAIL, password: PASSWORD })).user.email, EMAIL);

  const byMail = await challenged(site);
  assert.equal(fine(await byMail.client.twoFactor.sendOtp()).status, true);
  fine(await byMail.client.twoFactor.verifyOtp({ code: await site.code(EMAIL) }));
  assert.equal((await byMail.session()).user.email, EMAIL);

  const byPaper = await challenged(site);
  fine(await byPaper.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
  const again = await challenged(site);
  refused(await again.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }), 401, "INVALID_BACKUP_CODE");
  const renewed = fine(await byPaper.client.twoFactor.generateBackupCodes({ password: PASSWORD }));
  fine(await again.client.twoFactor.verifyBackupCode({ code: renewed.backupCodes[0] }));

  assert.equal(fine(await byApp.client.twoFactor.disable({ password: PASSWORD })).status, true);
  const plain = fine(await site.browser().client.signIn.email({ email: EMAIL, password: PASSWORD }));
  assert.equal(plain.user.twoFactorEnabled, false);
}

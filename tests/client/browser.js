// A browser for the client of Better Auth, which keeps none of its cookies itself where it runs in Node.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { apiKeyClient } from "@better-auth/api-key/client";
import { createAuthClient } from "better-auth/client";
import * as plugins from "better-auth/client/plugins";

const PATIENCE_MS = 20_000;
const LOOK_MS = 10;

/** The server under test: `url`, the folder of its mails, its administrator, and the version of the client. */
export class Site {
  #read = new Set();

  constructor({ url, mails, admin, release }) {
    Object.assign(this, { url, mails, admin, release });
  }

  /** Return a browser without cookies. */
  browser() {
    return new Browser(this);
  }

  /** Return a browser of somebody who has just signed up, with the address `name`@example.com. */
  async signedUp(name, more = {}) {
    const browser = this.browser();
    const account = { name, email: `${name}@example.com`, password: "correct-horse-1", ...more };
    browser.user = fine(await browser.client.signUp.email(account)).user;
    return browser;
  }

  /** Return a browser of the administrator. */
  async administrator() {
    const browser = this.browser();
    browser.user = fine(await browser.client.signIn.email(this.admin)).user;
    return browser;
  }

  /** Wait for the next mail of a template to an address, and return its text. Each is returned once. */
  async mail(to, template) {
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      for (const name of (await readdir(this.mails).catch(() => [])).sort()) {
        if (!name.endsWith(`-${template}.eml`) || this.#read.has(name)) continue;
        const text = await readFile(join(this.mails, name), "utf8");
        if (!text.includes(`\r\nTo: ${to}\r\n`)) continue;
        this.#read.add(name);
        return text;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(`no mail ${template} has come to ${to}`);
  }

  /** Wait for a mail and return the link in it. */
  async link(to, template) {
    return (await this.mail(to, template)).match(/https?:\/\/[^\s"<>]+/)[0].replaceAll("&amp;", "&");
  }

  /** Wait for a mail and return the code of six digits in it. */
  async code(to) {
    return (await this.mail(to, "emailOtp")).split("\r\n\r\n").slice(1).join("\n").match(/\b\d{6}\b/)[0];
  }
}

/** Keeps cookies, and sends them with its origin as browsers do. `client` is Better Auth's own. */
class Browser {
  cookies = new Map();

  constructor(site) {
    this.site = site;
    const names = ["adminClient", "twoFactorClient", "magicLinkClient", "emailOTPClient", "genericOAuthClient"];
    const known = names.filter((name) => name in plugins).map((name) => plugins[name]());
    this.client = createAuthClient({
      baseURL: site.url,
      plugins: [...known, apiKeyClient()],
      fetchOptions: { customFetchImpl: (address, options) => this.fetch(address, options) },
    });
  }

  /** Send a request with the cookies, and keep those of the answer. */
  async fetch(address, options = {}) {
    const headers = new Headers(options.headers);
    if (this.cookies.size) headers.set("cookie", [...this.cookies].map((pair) => pair.join("=")).join("; "));
    headers.set("origin", this.site.url);
    const answer = await fetch(address, { redirect: "manual", ...options, headers });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line) {
    const [pair, ...attributes] = line.split("; ");
    const at = pair.indexOf("=");
    if (attributes.includes("Max-Age=0")) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }

  /** Open a link, which leads on, and return where to. */
  async open(link) {
    const answer = await this.fetch(link);
    assert.equal(answer.status, 302, await answer.text());
    return answer.headers.get("location");
  }

  /** Return what the client says of the session: `{ session, user }`, or null. */
  async session() {
    return fine(await this.client.getSession());
  }
}

/** Return the data of an answer that is no error. */
export function fine({ data, error }) {
  assert.equal(error, null, `refused: ${JSON.stringify(error)}`);
  return data;
}

/** Hold an answer to a refusal. */
export function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.deepEqual({ status: error.status, code: error.code }, { status, code });
}

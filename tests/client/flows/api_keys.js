// Keys for programs, from making one to deleting it.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

export default async function apiKeys(site) {
  const { client } = await site.signedUp("keys");
  refused(await site.browser().client.apiKey.create({ name: "mine" }), 401, "UNAUTHORIZED_SESSION");
  const made = fine(await client.apiKey.create({ name: "mine", prefix: "tb_", metadata: { team: "ops" } }));
  assert.ok(made.key.startsWith("tb_"));
  assert.equal(made.start, made.key.slice(0, 6));

  const program = (key) => fetch(`${site.url}/api/tables/notes/records`, { headers: { "x-api-key": key } });
  assert.equal((await program(made.key)).status, 200);
  assert.equal((await program(`${made.key}x`)).status, 401);

  const listed = fine(await client.apiKey.list({ query: {} }));
  assert.deepEqual([listed.total, listed.apiKeys[0].id, listed.apiKeys[0].key], [1, made.id, undefined]);
  assert.deepEqual(fine(await client.apiKey.get({ query: { id: made.id } })).metadata, { team: "ops" });
  assert.equal(fine(await client.apiKey.update({ keyId: made.id, enabled: false })).enabled, false);
  assert.equal((await program(made.key)).status, 401);
  assert.equal(fine(await client.apiKey.delete({ keyId: made.id })).success, true);
  refused(await client.apiKey.get({ query: { id: made.id } }), 404, "KEY_NOT_FOUND");
}

// What an administrator does to users, and what nobody else may.

import assert from "node:assert/strict";
import { fine, refused } from "../browser.js";

const EMAIL = "managed@example.com";

export default async function admin(site) {
  const root = await site.administrator();
  const member = await site.signedUp("ordinary");
  refused(await member.client.admin.listUsers({ query: {} }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");

  const made = { email: EMAIL, name: "Managed", password: "correct-horse-1", role: "editor" };
  const { user } = fine(await root.client.admin.createUser(made));
  assert.deepEqual([user.email, user.role], [EMAIL, "editor"]);
  const query = { searchValue: "managed@", searchField: "email", limit: 10, sortBy: "createdAt", sortDirection: "desc" };
  const listed = fine(await root.client.admin.listUsers({ query }));
  assert.deepEqual([listed.total, listed.users[0].id, listed.limit], [1, user.id, 10]);
  assert.equal(fine(await root.client.admin.setRole({ userId: user.id, role: "viewer" })).user.role, "viewer");
  const unknown = { userId: user.id, role: "owner" };
  refused(await root.client.admin.setRole(unknown), 400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE");
  assert.equal(fine(await root.client.admin.updateUser({ userId: user.id, data: { name: "Renamed" } })).name, "Renamed");

  const managed = site.browser();
  fine(await managed.client.signIn.email({ email: EMAIL, password: "correct-horse-1" }));
  assert.equal(fine(await root.client.admin.listUserSessions({ userId: user.id })).sessions.length, 1);
  fine(await root.client.admin.banUser({ userId: user.id, banReason: "spam" }));
  assert.equal(await managed.session(), null);
  refused(await managed.client.signIn.email({ email: EMAIL, password: "correct-horse-1" }), 403, "BANNED_USER");
  assert.equal(fine(await root.client.admin.unbanUser({ userId: user.id })).user.banned, false);

  const shown = fine(await root.client.admin.impersonateUser({ userId: user.id }));
  assert.equal(shown.session.impersonatedBy, root.user.id);
  assert.equal((await root.session()).user.id, user.id);
  refused(await root.client.admin.listUsers({ query: {} }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");
  assert.equal(fine(await root.client.admin.stopImpersonating()).user.id, root.user.id);
  assert.equal((await root.session()).user.id, root.user.id);

  assert.equal(fine(await root.client.admin.hasPermission({ permissions: { user: ["ban"] } })).success, true);
  assert.equal(fine(await member.client.admin.hasPermission({ permissions: { user: ["ban"] } })).success, false);
  fine(await root.client.admin.setUserPassword({ userId: user.id, newPassword: "correct-horse-2" }));
  fine(await managed.client.signIn.email({ email: EMAIL, password: "correct-horse-2" }));
  fine(await root.client.admin.revokeUserSessions({ userId: user.id }));
  assert.equal(await managed.session(), null);
  assert.equal(fine(await root.client.admin.removeUser({ userId: user.id })).success, true);
  assert.equal(fine(await root.client.admin.listUsers({ query })).total, 0);
}

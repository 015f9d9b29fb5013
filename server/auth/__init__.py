"""What is particular to the operations of `/api/auth` and of the account: the wire of Better Auth."""

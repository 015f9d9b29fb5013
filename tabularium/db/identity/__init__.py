"""The storage of accounts and sessions: the tables of a Better Auth database, on both of ours."""

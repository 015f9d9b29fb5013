"""What administrators do with the accounts of others: users, their roles, bans and sessions, and invitations."""

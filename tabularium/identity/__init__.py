"""Who somebody is: accounts, sessions, every way to sign in. One module a flow, on the rows of `db.identity`."""

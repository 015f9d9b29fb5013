"""Reading the activity log: who did what, to which record or account, and when."""

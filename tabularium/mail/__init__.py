"""Mail to people: what it says, and how it gets to the mail server or into a file."""

"""Keys for programs: who a key stands for, and how users make, change and delete theirs."""

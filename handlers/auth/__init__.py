"""Tag `auth`: one module for each group of operations. Each function answers the operation that has its name."""

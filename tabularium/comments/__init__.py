"""Comments on records: reading, writing and answering them, who sees which, and what becomes of them with an account.

`creating`, `changing`, `deleting` and `marking` are the writes, `reading` the reads. Each begins with `records`, which
finds the record as the caller sees it; `visibility` says which of its comments they see, `spam` how a text is taken.
"""

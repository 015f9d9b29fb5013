"""The formula language: parsed by an existing parser, checked against a closed list, translated for each database.

Text → `syntax` → a tree as written (`tree`) → `check` → a typed tree → `translate` → SQL. The text never reaches a
database.
"""

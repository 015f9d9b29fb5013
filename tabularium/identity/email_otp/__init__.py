"""Codes of six digits that are mailed: they sign in, prove and change an address, and replace a forgotten password."""

"""The product: schema, field types, queries, records, databases. It knows no HTTP and nothing that is generated."""

from __future__ import annotations

__version__ = "0.1.0"

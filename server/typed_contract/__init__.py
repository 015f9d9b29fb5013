"""Each table's own typed contract: the generic paths of records replaced by one set of paths per table.

`expand_tables` makes the document and `TypedContracts` keeps those that were made. `values`, `filters` and `parameters`
describe one table, `components` gives what they say its names, `expansion` puts it in the place of the generic parts.
"""

from __future__ import annotations

from server.typed_contract.expansion import expand_tables
from server.typed_contract.store import TypedContracts, typed_contract_bytes

__all__ = ["TypedContracts", "expand_tables", "typed_contract_bytes"]

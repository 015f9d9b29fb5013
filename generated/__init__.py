"""Made from the contract by `python -m tools.generate`; never edited by hand."""

"""All HTTP: the application factory, the compiled dispatch, validation, errors, and the command line."""

from __future__ import annotations

import warnings

# Connexion imports Starlette's test client, which then speaks of a package that only tests need.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tabularium.schema.model import ApiSettings
from tests.support.server import SCHEMA, Serve

CONTRACT = (Path(__file__).parents[2] / "generated" / "openapi.json").read_bytes()
PATHS = ["/docs/openapi.json", "/api/openapi.json", "/docs", "/api/scalar"]


def test_the_contract_is_served_byte_for_byte(serve: Serve) -> None:
    answer = serve(validate_responses=True)("GET", "/docs/openapi.json")
    assert answer.status == 200
    assert answer.body == CONTRACT
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert json.loads(answer.body)["openapi"].startswith("3.1")


def test_the_contract_is_compressed_and_not_sent_twice(serve: Serve) -> None:
    served = serve()
    plain = served("GET", "/docs/openapi.json")
    packed = served("GET", "/docs/openapi.json", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(packed.body) == CONTRACT
    for first, headers in ((plain, {}), (packed, {"accept-encoding": "gzip"})):
        again = served("GET", "/docs/openapi.json", headers={**headers, "if-none-match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_the_explorer_and_all_its_files_come_from_here(serve: Serve) -> None:
    served = serve(validate_responses=True)
    page = served("GET", "/docs")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    names = [part.partition('"')[0] for part in page.body.decode().split('src="')[1:]]
    assert names
    for name in names:
        assert name.startswith("/docs/assets/")
        asset = served("GET", name)
        assert asset.status == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        packed = served("GET", name, headers={"accept-encoding": "gzip"})
        if "content-encoding" in packed.headers:
            assert gzip.decompress(packed.body) == asset.body
        again = served("GET", name, headers={"if-none-match": asset.headers["etag"]})
        assert again.status == 304


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpage.html", "a b", "%00"])
def test_an_asset_that_is_not_there_is_not_found(serve: Serve, name: str) -> None:
    answer = serve(validate_responses=True)("GET", f"/docs/assets/{name}")
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("path", "target"), [("/api/openapi.json", "/docs/openapi.json"), ("/api/scalar", "/docs")])
def test_the_published_addresses_lead_on(serve: Serve, path: str, target: str) -> None:
    answer = serve(validate_responses=True)("GET", path)
    assert (answer.status, answer.headers["location"]) == (308, target)


@pytest.mark.parametrize("path", PATHS)
def test_docs_can_be_switched_off(serve: Serve, path: str) -> None:
    schema = replace(SCHEMA, api=ApiSettings(docs="off"))
    answer = serve(schema=schema, validate_responses=True)("GET", path)
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")

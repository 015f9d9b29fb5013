from __future__ import annotations

from importlib.resources import files

import pytest

from server.rate_limits.groups import BY_ADDRESS, Group, caller_key, group_of

PRESENT = {
    "list_tables": "read",
    "get_table": "read",
    "list_records": "read",
    "create_record": "write",
    "get_record": "read",
    "update_record": "write",
    "delete_record": "write",
    "list_trash": "read",
    "restore_record": "write",
    "list_views": "read",
    "get_view": "read",
    "list_view_records": "read",
    "get_health": None,
    "get_explorer": "docs",
    "get_openapi": "docs",
    "get_explorer_asset": "docs",
    "redirect_openapi": "docs",
    "redirect_explorer": "docs",
}


def test_every_operation_of_this_list_has_its_group() -> None:
    lines = files("generated").joinpath("operations.txt").read_text().splitlines()
    found = {name: group_of(name, tag, method) for tag, name, method, *_ in map(str.split, lines)}
    assert {name: found[name] for name in PRESENT} == PRESENT


@pytest.mark.parametrize(
    ("tag", "operation", "method", "group"),
    [
        ("tables", "get_table_permissions", "GET", "read"),
        ("batch", "batch_create_records", "POST", "batch"),
        ("batch", "batch_update_records", "PATCH", "batch"),
        ("batch", "batch_delete_records", "DELETE", "batch"),
        ("batch", "upsert_records", "POST", "batch"),
        ("trash", "batch_restore_records", "POST", "batch"),
        ("history", "get_record_history", "GET", "read"),
        ("history", "revert_record", "POST", "write"),
        ("comments", "list_comments", "GET", "read"),
        ("comments", "create_comment", "POST", "write"),
        ("comments", "mark_comments_read", "POST", "write"),
        ("activity", "list_activities", "GET", "admin"),
        ("activity", "get_activity", "GET", "admin"),
        ("analytics", "collect_page_view", "POST", "collect"),
        ("analytics", "get_analytics_script", "GET", "docs"),
        ("analytics", "get_analytics_dashboard", "GET", "docs"),
        ("analytics", "get_analytics_asset", "GET", "docs"),
        ("analytics", "get_analytics_overview", "GET", "admin"),
        ("analytics", "list_analytics_pages", "GET", "admin"),
        ("health", "get_metrics", "GET", None),
        ("auth", "sign_in_email", "POST", "address"),
        ("auth", "claim_first_admin", "POST", "address"),
        ("account", "export_account", "GET", "address"),
        ("other", "list_things", "get", "read"),
        ("other", "list_things", "HEAD", "read"),
        ("other", "make_thing", "PUT", "write"),
    ],
)
def test_an_operation_counts_in_its_group(tag: str, operation: str, method: str, group: Group | None) -> None:
    assert group_of(operation, tag, method) == group


def test_a_user_is_never_counted_as_an_address() -> None:
    assert caller_key(None, "203.0.113.1") == "203.0.113.1"
    assert caller_key("203.0.113.1", "198.51.100.7") not in {"203.0.113.1", "198.51.100.7"}


def test_what_counts_by_address_is_listed() -> None:
    assert {"address", "docs", "collect"} == BY_ADDRESS

"""How a schema lies in each of the databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.application import load_schema
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.schema.migration.description import Description
from tabularium.schema.tables import TableLayout, database_tables, table_layout

TABLES: list[dict[str, Any]] = [
    {"name": "Companies", "primaryKey": {"type": "uuid"}, "fields": [{"name": "name", "type": "single-line-text"}]},
    {
        "name": "deals",
        "fields": [
            {"name": "email", "type": "email", "unique": True},
            {"name": "amount", "type": "decimal", "precision": 3, "indexed": True},
            {"name": "won", "type": "checkbox"},
            {"name": "due", "type": "date"},
            {"name": "made", "type": "created-at"},
            {"name": "company", "type": "relationship", "relatedTable": "Companies"},
        ],
        "indexes": [
            {"name": "due_deals", "fields": ["due"], "unique": True, "where": "won"},
            {"name": "made_deals", "fields": ["made", "due"], "where": "won"},
        ],
        "constraints": [{"name": "amount_is_positive", "check": "amount > 0"}],
    },
]


def layouts(tmp_path: Path, dialect: Dialect) -> list[TableLayout]:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"name": "test", "tables": TABLES}))
    schema = load_schema(path).schema
    return [table_layout(table, schema, dialect) for table in schema.tables]


def ddl(tmp_path: Path, dialect: Dialect) -> list[str]:
    metadata = database_tables(layouts(tmp_path, dialect), dialect)
    constructs: list[Any] = []
    for table in metadata.tables.values():
        constructs.append(CreateTable(table))
        constructs += [CreateIndex(index) for index in sorted(table.indexes, key=lambda each: str(each.name))]
    return [" ".join(str(each.compile(dialect=dialect.sqlalchemy)).split()) for each in constructs]


def test_the_tables_on_sqlite(tmp_path: Path) -> None:
    assert ddl(tmp_path, SQLITE) == [
        (
            'CREATE TABLE "companies" ( "id" TEXT NOT NULL, "_revision" INTEGER NOT NULL, "created_at" TEXT NOT NULL, '
            '"updated_at" TEXT NOT NULL, "deleted_at" TEXT, "_deletion" TEXT, "name" TEXT, '
            'CONSTRAINT "_pk_companies" PRIMARY KEY ("id") )'
        ),
        'CREATE INDEX "_live_companies" ON "companies" ("id") WHERE "deleted_at" IS NULL',
        (
            'CREATE TABLE "deals" ( "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "_revision" INTEGER NOT NULL, '
            '"created_at" TEXT NOT NULL, "updated_at" TEXT NOT NULL, "deleted_at" TEXT, "_deletion" TEXT, "email" TEXT, '
            '"_email_key" TEXT, "amount" INTEGER, "won" INTEGER, "due" TEXT, "company" TEXT, '
            'CONSTRAINT "_fk_deals_company" FOREIGN KEY("company") REFERENCES "companies" ("id"), '
            'CONSTRAINT "amount_is_positive" CHECK (("amount" > 0)) )'
        ),
        'CREATE INDEX "_ix_deals_amount" ON "deals" ("amount")',
        'CREATE INDEX "_ix_deals_company" ON "deals" ("company")',
        'CREATE INDEX "_live_deals" ON "deals" ("id") WHERE "deleted_at" IS NULL',
        'CREATE UNIQUE INDEX "_ux_deals_email" ON "deals" ("_email_key") WHERE "deleted_at" IS NULL',
        'CREATE UNIQUE INDEX "due_deals" ON "deals" ("due") WHERE "deleted_at" IS NULL AND ("won")',
        'CREATE INDEX "made_deals" ON "deals" ("created_at", "due") WHERE "won"',
    ]


def test_the_tables_on_postgresql(tmp_path: Path) -> None:
    instant = "TIMESTAMP(3) WITH TIME ZONE"
    assert ddl(tmp_path, POSTGRESQL) == [
        (
            f'CREATE TABLE "companies" ( "id" UUID NOT NULL, "_revision" BIGINT NOT NULL, '
            f'"created_at" {instant} NOT NULL, "updated_at" {instant} NOT NULL, "deleted_at" {instant}, "_deletion" UUID, '
            '"name" TEXT COLLATE "C", CONSTRAINT "_pk_companies" PRIMARY KEY ("id") )'
        ),
        (
            'CREATE TABLE "deals" ( "id" BIGINT GENERATED ALWAYS AS IDENTITY, "_revision" BIGINT NOT NULL, '
            f'"created_at" {instant} NOT NULL, "updated_at" {instant} NOT NULL, "deleted_at" {instant}, "_deletion" UUID, '
            '"email" TEXT COLLATE "C", "_email_key" TEXT COLLATE "C", "amount" NUMERIC(18, 3), "won" BOOLEAN, '
            '"due" DATE, "company" UUID, CONSTRAINT "_pk_deals" PRIMARY KEY ("id"), '
            'CONSTRAINT "_fk_deals_company" FOREIGN KEY("company") REFERENCES "companies" ("id"), '
            'CONSTRAINT "amount_is_positive" CHECK (("amount" > 0)) )'
        ),
        'CREATE INDEX "_ix_deals_amount" ON "deals" ("amount")',
        'CREATE INDEX "_ix_deals_company" ON "deals" ("company")',
        'CREATE UNIQUE INDEX "_ux_deals_email" ON "deals" ("_email_key") WHERE "deleted_at" IS NULL',
        'CREATE UNIQUE INDEX "due_deals" ON "deals" ("due") WHERE "deleted_at" IS NULL AND ("won")',
        'CREATE INDEX "made_deals" ON "deals" ("created_at", "due") WHERE "won"',
    ]


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_a_layout_survives_its_way_through_json(tmp_path: Path, dialect: Dialect) -> None:
    for layout in layouts(tmp_path, dialect):
        assert TableLayout.model_validate_json(layout.model_dump_json()) == layout
    assert Description.model_validate_json("{}") == Description()

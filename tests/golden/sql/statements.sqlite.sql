-- a list
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at", "people"."name", "people"."seen", "people"."boss" FROM "people" WHERE "people"."deleted_at" IS NULL ORDER BY "people"."id" LIMIT 51
-- []
SELECT count(*) FROM "people" WHERE "people"."deleted_at" IS NULL
-- []

-- a list without a count
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at", "people"."name", "people"."price" FROM "people" WHERE "people"."deleted_at" IS NULL ORDER BY "people"."id" LIMIT 11
-- []

-- a second page with a filter and a sort
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at", "people"."name", "people"."age", "people"."id" FROM "people" WHERE "people"."deleted_at" IS NULL AND ("people"."age" >= ?1 AND "people"."age" <= ?2) ORDER BY "people"."age" DESC NULLS LAST, "people"."id" LIMIT 11 OFFSET ?3
-- [1, 5, 10]
SELECT count(*) FROM "people" WHERE "people"."deleted_at" IS NULL AND ("people"."age" >= ?1 AND "people"."age" <= ?2)
-- [1, 5]

-- records without fields
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at" FROM "people" WHERE "people"."deleted_at" IS NULL ORDER BY "people"."id" LIMIT 51
-- []
SELECT count(*) FROM "people" WHERE "people"."deleted_at" IS NULL
-- []

-- one record
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at", "people"."name", "people"."vip" FROM "people" WHERE "people"."id" = ?1 AND "people"."deleted_at" IS NULL
-- [5]

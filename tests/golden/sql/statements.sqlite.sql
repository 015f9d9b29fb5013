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

-- records with those who made them
SELECT "signed"."_revision", "signed"."id", "signed"."created_at", "signed"."updated_at", "signed"."title", (SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")), "signed"."created_by", "signed"."editor" FROM "signed" WHERE "signed"."deleted_at" IS NULL ORDER BY "signed"."id" LIMIT 11
-- []
SELECT count(*) FROM "signed" WHERE "signed"."deleted_at" IS NULL
-- []

-- people by their names
SELECT "signed"."_revision", "signed"."id", "signed"."created_at", "signed"."updated_at", "signed"."owner", (SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")), "signed"."created_by", "signed"."editor", (SELECT "_user"."name" FROM "user" AS "_user" WHERE "_user"."id" = "signed"."owner"), (SELECT json_group_array(value) FROM (SELECT "_user"."name" AS value FROM "_links_signed_crew" AS "_link" JOIN "user" AS "_user" ON "_user"."id" = "_link"."target" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")) FROM "signed" WHERE "signed"."deleted_at" IS NULL ORDER BY "signed"."id" LIMIT 11
-- []
SELECT count(*) FROM "signed" WHERE "signed"."deleted_at" IS NULL
-- []

-- the trash with those who removed something
SELECT "signed"."_revision", "signed"."id", "signed"."created_at", "signed"."updated_at", "signed"."title", "signed"."created_by", "signed"."editor", "signed"."deleted_at", "signed"."deleted_by", "signed"."deleted_at", "signed"."id" FROM "signed" WHERE "signed"."deleted_at" IS NOT NULL ORDER BY "signed"."deleted_at" DESC, "signed"."id" LIMIT 11
-- []
SELECT count(*) FROM "signed" WHERE "signed"."deleted_at" IS NOT NULL
-- []

-- one record
SELECT "people"."_revision", "people"."id", "people"."created_at", "people"."updated_at", "people"."name", "people"."vip" FROM "people" WHERE "people"."id" = ?1 AND "people"."deleted_at" IS NULL
-- [5]

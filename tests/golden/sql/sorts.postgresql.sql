-- id
"people"."id"

-- id:desc
"people"."id" DESC

-- name
"people"."name", "people"."id"

-- name:desc
"people"."name" DESC, "people"."id"

-- age
"people"."age" NULLS LAST, "people"."id"

-- age:desc
"people"."age" DESC NULLS LAST, "people"."id"

-- status:desc,price
CASE "people"."status" WHEN 'new' THEN 0 WHEN 'done''s' THEN 1 WHEN 'old' THEN 2 ELSE CASE WHEN "people"."status" IS NOT NULL THEN 3 END END DESC NULLS LAST, "people"."price" NULLS LAST, "people"."id"

-- createdAt:desc
"people"."created_at" DESC, "people"."id"

-- age,id,name
"people"."age" NULLS LAST, "people"."id"

-- owner
"signed"."owner" NULLS LAST, "signed"."id"

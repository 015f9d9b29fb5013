-- name eq Ada
"people"."name" = 'Ada'
-- []

-- name neq Ada's
"people"."name" <> 'Ada''s'
-- []

-- price neq 0.50
"people"."price" <> 50
-- []

-- seen neq 2024-02-29T12:00:00Z
"people"."seen" <> '2024-02-29T12:00:00.000Z'
-- []

-- vip neq True
"people"."vip" <> 1
-- []

-- status in ['new', "done's"]
"people"."status" IN (SELECT value FROM json_each('["new","done''s"]'))
-- []

-- email neq CurrentUser(property='email')
"people"."_email_key" <> ?1
-- ['caller:email:folded:text']

-- name eq CurrentUser(property='role')
"people"."name" IN (SELECT value FROM json_each(?1))
-- ['caller:role:plain:json']

-- name neq CurrentUser(property='role')
(?1 IS NOT NULL AND "people"."name" NOT IN (SELECT value FROM json_each(?1)))
-- ['caller:role:plain:json']

-- name neq None
"people"."name" IS NOT NULL
-- []

-- owner neq CurrentUser(property='id')
"signed"."owner" <> ?1
-- ['caller:id:plain:text']

-- crew eq CurrentUser(property='id')
EXISTS (SELECT 1 FROM json_each((SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))) AS _item WHERE _item.value IN (SELECT value FROM json_each(?1)))
-- ['caller:id:plain:json']

-- crew neq CurrentUser(property='id')
(?1 IS NOT NULL AND (SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")) <> '[]' AND NOT EXISTS (SELECT 1 FROM json_each((SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))) AS _item WHERE _item.value IN (SELECT value FROM json_each(?1))))
-- ['caller:id:plain:json']

-- crew neq u_1
('["u_1"]' IS NOT NULL AND (SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")) <> '[]' AND NOT EXISTS (SELECT 1 FROM json_each((SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))) AS _item WHERE _item.value IN (SELECT value FROM json_each('["u_1"]'))))
-- []

-- crew neq None
(SELECT json_group_array(value) FROM (SELECT "_link"."target" AS value FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target")) <> '[]'
-- []

-- name eq Ada
"people"."name" = 'Ada'
-- []

-- name neq Ada's
"people"."name" <> 'Ada''s'
-- []

-- price neq 0.50
"people"."price" <> '0.50'
-- []

-- seen neq 2024-02-29T12:00:00Z
"people"."seen" <> '2024-02-29T12:00:00.000Z'
-- []

-- vip neq True
"people"."vip" <> TRUE
-- []

-- status in ['new', "done's"]
"people"."status" = ANY('{"new","done''s"}')
-- []

-- email neq CurrentUser(property='email')
"people"."_email_key" <> $1::text
-- ['caller:email:folded:text']

-- name eq CurrentUser(property='role')
"people"."name" = ANY($1::text[])
-- ['caller:role:plain:list']

-- name neq CurrentUser(property='role')
"people"."name" <> ALL($1::text[])
-- ['caller:role:plain:list']

-- name neq None
"people"."name" IS NOT NULL
-- []

-- owner neq CurrentUser(property='id')
"signed"."owner" <> $1::text
-- ['caller:id:plain:text']

-- crew eq CurrentUser(property='id')
(ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[] && $1::text[]::text[]
-- ['caller:id:plain:list']

-- crew neq CurrentUser(property='id')
(cardinality((ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[]) > 0 AND NOT (ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[] && $1::text[]::text[])
-- ['caller:id:plain:list']

-- crew neq u_1
(cardinality((ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[]) > 0 AND NOT (ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[] && '{"u_1"}'::text[])
-- []

-- crew neq None
cardinality((ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[]) > 0
-- []

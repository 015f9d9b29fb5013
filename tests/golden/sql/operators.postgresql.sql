-- {"age":{"equals":5}}
"people"."age" = $1
-- [5]

-- {"age":{"equals":null}}
"people"."age" IS NULL
-- []

-- {"age":null}
"people"."age" IS NULL
-- []

-- {"price":{"equals":"12.50"}}
"people"."price" = $1
-- ['12.50']

-- {"email":{"equals":"Ada@Example.test"}}
"people"."_email_key" = $1
-- ['ada@example.test']

-- {"vip":{"equals":true}}
"people"."vip" = $1
-- [True]

-- {"status":{"equals":"new"}}
"people"."status" = $1
-- ['new']

-- {"seen":{"equals":"2024-02-29T12:00:00Z"}}
"people"."seen" = $1
-- ['2024-02-29T12:00:00.000Z']

-- {"seen":{"equals":"2024-02-29"}}
"people"."seen" >= $1 AND "people"."seen" < $2
-- ['2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z']

-- {"id":{"equals":"5"}}
"people"."id" = $1
-- [5]

-- {"age":{"notEquals":5}}
"people"."age" IS DISTINCT FROM $1
-- [5]

-- {"age":{"notEquals":null}}
"people"."age" IS NOT NULL
-- []

-- {"seen":{"notEquals":"2024-02-29"}}
"people"."seen" < $1 OR "people"."seen" >= $2 OR "people"."seen" IS NULL
-- ['2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z']

-- {"age":{"in":[5,6]}}
"people"."age" = ANY($1)
-- [[5, 6]]

-- {"age":{"in":[5,null]}}
"people"."age" = ANY($1) OR "people"."age" IS NULL
-- [[5]]

-- {"age":[null]}
"people"."age" IS NULL
-- []

-- {"price":{"in":["1.00",2]}}
"people"."price" = ANY($1)
-- [['1.00', '2.00']]

-- {"vip":{"in":[true]}}
"people"."vip" = ANY($1)
-- [[True]]

-- {"seen":{"in":["2024-02-29","2024-02-29T12:00:00Z",null]}}
"people"."seen" = ANY($1) OR width_bucket("people"."seen", $2) % 2 = 1 OR "people"."seen" IS NULL
-- [['2024-02-29T12:00:00.000Z'], ['2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z']]

-- {"age":{"notIn":[5,6]}}
("people"."age" <> ALL($1) OR "people"."age" IS NULL)
-- [[5, 6]]

-- {"age":{"notIn":[5,null]}}
("people"."age" <> ALL($1) OR "people"."age" IS NULL) AND "people"."age" IS NOT NULL
-- [[5]]

-- {"seen":{"notIn":["2024-02-29","2024-03-01","2024-02-29"]}}
(width_bucket("people"."seen", $1) % 2 = 0 OR "people"."seen" IS NULL)
-- [['2024-02-29T00:00:00.000Z', '2024-03-02T00:00:00.000Z']]

-- {"age":{"greaterThan":5}}
"people"."age" > $1
-- [5]

-- {"price":{"greaterThan":0.5}}
"people"."price" > $1
-- ['0.50']

-- {"email":{"greaterThan":"ada@example.test"}}
"people"."email" > $1
-- ['ada@example.test']

-- {"seen":{"greaterThan":"2024-02-29"}}
"people"."seen" >= $1
-- ['2024-03-01T00:00:00.000Z']

-- {"age":{"greaterThanOrEqual":5}}
"people"."age" >= $1
-- [5]

-- {"seen":{"greaterThanOrEqual":"2024-02-29"}}
"people"."seen" >= $1
-- ['2024-02-29T00:00:00.000Z']

-- {"age":{"lessThan":5}}
"people"."age" < $1
-- [5]

-- {"seen":{"lessThan":"2024-02-29"}}
"people"."seen" < $1
-- ['2024-02-29T00:00:00.000Z']

-- {"age":{"lessThanOrEqual":5}}
"people"."age" <= $1
-- [5]

-- {"seen":{"lessThanOrEqual":"2024-02-29"}}
"people"."seen" < $1
-- ['2024-03-01T00:00:00.000Z']

-- {"age":{"between":[5,6]}}
"people"."age" >= $1 AND "people"."age" <= $2
-- [5, 6]

-- {"seen":{"between":["2024-02-29","2024-02-29T12:00:00Z"]}}
"people"."seen" >= $1 AND "people"."seen" <= $2
-- ['2024-02-29T00:00:00.000Z', '2024-02-29T12:00:00.000Z']

-- {"seen":{"before":"2024-02-29"}}
"people"."seen" < $1
-- ['2024-02-29T00:00:00.000Z']

-- {"seen":{"after":"2024-02-29"}}
"people"."seen" >= $1
-- ['2024-03-01T00:00:00.000Z']

-- {"seen":{"onOrBefore":"2024-02-29"}}
"people"."seen" < $1
-- ['2024-03-01T00:00:00.000Z']

-- {"seen":{"onOrAfter":"2024-02-29"}}
"people"."seen" >= $1
-- ['2024-02-29T00:00:00.000Z']

-- {"born":{"before":"2024-02-29"}}
"people"."born" < $1
-- ['2024-02-29']

-- {"born":{"today":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2000-01-02']

-- {"born":{"yesterday":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['1999-12-31', '2000-01-01']

-- {"born":{"tomorrow":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-02', '2000-01-03']

-- {"born":{"thisWeek":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['1999-12-27', '2000-01-03']

-- {"born":{"thisMonth":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2000-02-01']

-- {"born":{"thisYear":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2001-01-01']

-- {"born":{"pastWeek":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['1999-12-25', '2000-01-02']

-- {"born":{"pastMonth":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['1999-12-02', '2000-01-02']

-- {"born":{"pastYear":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['1999-01-01', '2000-01-02']

-- {"born":{"nextWeek":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2000-01-09']

-- {"born":{"nextMonth":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2000-02-01']

-- {"born":{"nextYear":true}}
"people"."born" >= $1 AND "people"."born" < $2
-- ['2000-01-01', '2001-01-01']

-- {"seen":{"thisMonth":true}}
"people"."seen" >= $1 AND "people"."seen" < $2
-- ['2000-01-01T00:00:00.000Z', '2000-02-01T00:00:00.000Z']

-- {"seen":{"pastDays":7}}
"people"."seen" >= $1 AND "people"."seen" < $2
-- ['1999-12-25T00:00:00.000Z', '2000-01-02T00:00:00.000Z']

-- {"seen":{"nextDays":7}}
"people"."seen" >= $1 AND "people"."seen" < $2
-- ['2000-01-01T00:00:00.000Z', '2000-01-09T00:00:00.000Z']

-- {"name":{"contains":"Ärger"}}
strpos(CASE WHEN octet_length("people"."name") = length("people"."name") THEN lower("people"."name" COLLATE "C") ELSE _tabularium_fold("people"."name") END, $1::text) > 0
-- ['ärger']

-- {"name":{"notContains":"Ärger"}}
coalesce(strpos(CASE WHEN octet_length("people"."name") = length("people"."name") THEN lower("people"."name" COLLATE "C") ELSE _tabularium_fold("people"."name") END, $1::text), 0) = 0
-- ['ärger']

-- {"name":{"startsWith":"Ärger"}}
starts_with(CASE WHEN octet_length("people"."name") = length("people"."name") THEN lower("people"."name" COLLATE "C") ELSE _tabularium_fold("people"."name") END, $1::text)
-- ['ärger']

-- {"name":{"endsWith":"Ärger"}}
right(CASE WHEN octet_length("people"."name") = length("people"."name") THEN lower("people"."name" COLLATE "C") ELSE _tabularium_fold("people"."name") END, length($1::text)) = $1::text
-- ['ärger']

-- {"name":{"isNull":true}}
"people"."name" IS NULL
-- []

-- {"name":{"isNotNull":true}}
"people"."name" IS NOT NULL
-- []

-- {"name":{"isEmpty":true}}
("people"."name" IS NULL OR "people"."name" = '')
-- []

-- {"age":{"isEmpty":true}}
"people"."age" IS NULL
-- []

-- {"name":{"isNotEmpty":true}}
"people"."name" <> ''
-- []

-- {"age":{"isNotEmpty":true}}
"people"."age" IS NOT NULL
-- []

-- {"vip":{"isTrue":true}}
"people"."vip" IS TRUE
-- []

-- {"vip":{"isFalse":true}}
"people"."vip" IS FALSE
-- []

-- {}
TRUE
-- []

-- {"and":[]}
TRUE
-- []

-- {"or":[]}
FALSE
-- []

-- {"not":{"age":5}}
("people"."age" = $1) IS NOT TRUE
-- [5]

-- {"not":{}}
(TRUE) IS NOT TRUE
-- []

-- {"age":5,"vip":true}
"people"."age" = $1 AND "people"."vip" = $2
-- [5, True]

-- {"or":[{"age":5},{"and":[{"age":6},{"vip":true}]},{"or":[{"age":7},{"not":{"age":[8,null]}}]}]}
"people"."age" = $1 OR ("people"."age" = $2 AND "people"."vip" = $3) OR "people"."age" = $4 OR ("people"."age" = ANY($5) OR "people"."age" IS NULL) IS NOT TRUE
-- [5, 6, True, 7, [8]]

-- {"and":[{"age":[5,null]},{"and":[{"age":6}]},{"created_at":{"greaterThan":"2024-02-29T12:00:00Z"}}]}
("people"."age" = ANY($1) OR "people"."age" IS NULL) AND "people"."age" = $2 AND "people"."created_at" > $3
-- [[5], 6, '2024-02-29T12:00:00.000Z']

-- {"tags":{"hasAny":["a","b"]}}
"lists"."tags" && $1::text[]
-- [['a', 'b']]

-- {"tags":{"hasAll":["a","b"]}}
"lists"."tags" @> $1::text[]
-- [['a', 'b']]

-- {"tags":{"hasNone":["a"]}}
("lists"."tags" && $1::text[]) IS NOT TRUE
-- [['a']]

-- {"tags":{"contains":"a"}}
"lists"."tags" && $1::text[]
-- [['a']]

-- {"tags":["a"]}
"lists"."tags" && $1::text[]
-- [['a']]

-- {"tags":{"isEmpty":true}}
coalesce(cardinality("lists"."tags"), 0) = 0
-- []

-- {"tags":{"isNotEmpty":true}}
cardinality("lists"."tags") > 0
-- []

-- {"numbers":{"hasAny":[1.5]}}
CASE WHEN "lists"."numbers" IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text("lists"."numbers")) END && $1::text[]
-- [['1.5']]

-- {"numbers":{"isNull":true}}
"lists"."numbers" IS NULL
-- []

-- {"files":{"isEmpty":true}}
(CAST("lists"."files" AS TEXT) IS NULL OR CAST("lists"."files" AS TEXT) = '[]')
-- []

-- {"files":{"isNotEmpty":true}}
CAST("lists"."files" AS TEXT) <> '[]'
-- []

-- {"owner":"u_1"}
"signed"."owner" = $1
-- ['u_1']

-- {"created_by":{"in":["u_1",null]}}
"signed"."created_by" = ANY($1) OR "signed"."created_by" IS NULL
-- [['u_1']]

-- {"crew":{"hasAny":["u_1"]}}
(ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[] && $1::text[]
-- [['u_1']]

-- {"crew":{"isEmpty":true}}
coalesce(cardinality((ARRAY(SELECT "_link"."target" FROM "_links_signed_crew" AS "_link" WHERE "_link"."source" = "signed"."id" ORDER BY "_link"."target"))::text[]), 0) = 0
-- []

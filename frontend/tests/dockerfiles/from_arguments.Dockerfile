FROM
FROM a b
FROM a AS
FROM a as 1x
FROM a AS b!c

-- Run by the superuser at every start, in template1. What is as it should be is left alone.
-- The studio works as a role that owns its database and nothing else.

SELECT 'CREATE ROLE sora_studio LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sora_studio') \gexec

-- Earlier studios kept everything in the database that initdb makes.
SELECT 'ALTER DATABASE postgres RENAME TO sora_studio'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sora_studio') \gexec

SELECT 'CREATE DATABASE postgres TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'postgres') \gexec

SELECT 'ALTER DATABASE sora_studio OWNER TO sora_studio'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sora_studio' AND datdba = 'sora_studio'::regrole) \gexec

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database
WHERE datname IN ('postgres', 'template1') AND has_database_privilege('sora_studio', oid, 'CONNECT') \gexec

\connect sora_studio

-- And what is in it, as after a restore by the superuser: sequences and indexes follow their tables.
SELECT format('ALTER TABLE %s OWNER TO sora_studio', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner = 10 AND relkind IN ('r', 'p', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') \gexec

SELECT format('ALTER ROUTINE %s OWNER TO sora_studio', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner = 10
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') \gexec

-- The two roles and the database of Davy; safe to run again.
-- Run by psql as a superuser, with DAVY_OWNER_PASSWORD and DAVY_APP_PASSWORD in the environment:
-- by the embedded server at its first start, by compose from /docker-entrypoint-initdb.d/.
\set ON_ERROR_STOP on
\getenv owner_password DAVY_OWNER_PASSWORD
\getenv app_password DAVY_APP_PASSWORD

SELECT 'CREATE ROLE davy_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'davy_owner')
\gexec
SELECT 'CREATE ROLE davy_app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'davy_app')
\gexec
-- davy_owner migrates. CREATEDB lets the tests make their own database.
ALTER ROLE davy_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB PASSWORD :'owner_password';
-- davy_app serves: it owns nothing and cannot step around row-level security.
ALTER ROLE davy_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'app_password';

SELECT 'CREATE DATABASE davy OWNER davy_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'davy')
\gexec

\connect davy
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- What davy_app may do with the tables is set after each migration: apps/tenancy/grants.py.

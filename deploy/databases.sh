#!/bin/sh
# Runs once, when the database is new: Prefect and the ledger do not share a user or a database.
set -eu
make() { # make NAME FILE
    psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set name="$1" --set password="$(cat "/run/secrets/$2")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}
make prefect PREFECT_SERVER_DATABASE_PASSWORD
make retour RETOUR_LEDGER_PASSWORD

"""
What is written into a private cluster: settings, who may come in as whom, roles. All of it is re-applied when it
changes here.
"""

from __future__ import annotations

import sys
from pathlib import Path

SUPERUSER = "postgres"
"""Bypasses row security and read-only roles, so only `Cluster` uses it, from the account that runs the server."""

OWNER = "owner"
"""Owns the tables: migrations, imports, the command line."""

APP_RW = "app_rw"
"""Reads and writes facts, changes no table: the service's editors."""

APP_RO = "app_ro"
"""Reads: public requests."""

ROLES_SQL = f"""
do $$
declare
    wanted text;
begin
    foreach wanted in array array['{OWNER}', '{APP_RW}', '{APP_RO}'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I', wanted);
        end if;
        execute format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', wanted);
    end loop;
end $$;
-- Long work belongs to the owner, who has no limit; a request that takes this long has lost its reader.
alter role {APP_RW} set statement_timeout = '30s';
alter role {APP_RW} set lock_timeout = '5s';
alter role {APP_RW} set idle_in_transaction_session_timeout = '60s';
alter role {APP_RO} set statement_timeout = '10s';
alter role {APP_RO} set lock_timeout = '1s';
alter role {APP_RO} set idle_in_transaction_session_timeout = '60s';
alter role {APP_RO} set default_transaction_read_only = on;
"""

DATABASE_SQL = f"""
create extension postgis;
alter default privileges for role {OWNER} grant usage on schemas to {APP_RW}, {APP_RO};
alter default privileges for role {OWNER} grant select, insert, update, delete on tables to {APP_RW};
alter default privileges for role {OWNER} grant usage on sequences to {APP_RW};
alter default privileges for role {OWNER} grant select on tables to {APP_RO};
"""
"""In a new database: PostGIS, which only a superuser may create, and the rights on tables the owner will make."""


def server_settings(socket: Path, *, test: bool) -> str:
    """
    Text of `yiquan.conf`: a server that listens on one socket, fits a small machine and keeps positions out of its
    log.
    """
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{socket}'",
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "'128MB'",
        "jit": "off",  # its compiler is 70 MB of packages and slows queries of milliseconds down
        "log_line_prefix": "'%m [%p] %a '",
        # Debian's server reads the system's zone files. Where there are none it starts with GMT and with no other
        # zone, UTC included.
        "timezone": "'GMT'",
        "log_timezone": "'GMT'",
        # A rider's position must not reach the log: not by a statement, its parameters or its failing.
        "log_statement": "'none'",
        "log_min_duration_statement": "-1",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if sys.platform.startswith("linux"):
        settings["recovery_init_sync_method"] = "syncfs"  # recovery after a crash in 0.2 s instead of 5
    if test:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "'512MB'",
            "autovacuum_naptime": "'10min'",  # its workers would hold on to databases that are about to be dropped
        }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def client_authentication() -> str:
    """
    Text of `pg_hba.conf`: the superuser only from the account that runs the server, the service's roles for whoever
    reaches the socket.

    The socket lies in a folder only that account (and root) may enter. There is no way in by network.
    """
    return (
        f"local all {SUPERUSER} peer map=server\n"
        f"local replication {SUPERUSER} peer map=server\n"
        f"local all {OWNER},{APP_RW},{APP_RO} trust\n"
    )


def user_names(account: str) -> str:
    """Text of `pg_ident.conf`: which account of the system may be the superuser."""
    return f'server "{account}" {SUPERUSER}\n'

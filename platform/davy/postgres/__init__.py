"""Django's PostgreSQL backend, with a pool that a restart of the server costs nothing."""

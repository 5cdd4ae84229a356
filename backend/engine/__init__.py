"""Where answers are kept: one interface over SQLite and PostgreSQL, its migrations, and nothing about tickets."""

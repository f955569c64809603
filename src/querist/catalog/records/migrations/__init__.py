"""Alembic migrations of the records; they travel in the wheel and run when records are opened."""

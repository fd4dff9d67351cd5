"""PostgreSQL: tables, and one repository module per noun. Only this package knows SQL."""

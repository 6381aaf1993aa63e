"""Tables that are not open to queries, with rows that must never be returned."""

SECRET = "s3cr3t-canary"

SECRET_TABLES = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, password TEXT)",
    f"INSERT INTO users VALUES (1, '{SECRET}', '{SECRET}'), (2, '{SECRET}', '{SECRET}')",
    "CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, salary INTEGER)",
    f"INSERT INTO employees VALUES (1, '{SECRET}', 987654321)",
    "CREATE VIEW all_sales_view AS SELECT * FROM users",
    "CREATE TABLE sales2 AS SELECT name, password FROM users",
)

"""Small mistakes in the code, and the test that must fail for each: `make mutants`.

The table is in the `.toml` files of this folder. A row breaks one guarantee of
docs/reliability.md, or of another area in `rows.AREAS`, by changing a few words of one file.
"""

"""Local AWS: moto behind one HTTP port, with functions in processes of their own."""

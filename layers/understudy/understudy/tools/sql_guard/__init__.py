"""placeholder"""


def check_query(sql, *, dialect, tables):
    return sql

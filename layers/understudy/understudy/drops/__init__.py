"""Operations on dropped files that several functions share."""

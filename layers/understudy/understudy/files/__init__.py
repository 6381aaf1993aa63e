"""Operations on files and vector stores that several functions share."""

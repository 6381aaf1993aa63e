"""Operations on threads that several functions share."""

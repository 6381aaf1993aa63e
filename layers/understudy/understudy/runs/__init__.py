"""Operations on runs that several functions share: start, ask the model, wake, end, record."""

"""Which limits to try next. Nothing here measures; it asks for trials through an interface."""

"""Which limits to try next. Nothing here measures: trials are requested through an interface."""

"""Generated requests of every kind, sent as bytes, and what each response to them must be."""

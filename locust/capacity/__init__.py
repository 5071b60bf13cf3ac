"""How little CPU and memory hold the users: `python -m capacity`. The users themselves are in `load`."""

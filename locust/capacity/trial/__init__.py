"""One trial: limits are set, users are sent, windows are measured. Which trial comes next is decided in `search`."""

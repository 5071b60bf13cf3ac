"""The file `.env`: its lines, and `make secrets`, which writes one with random passwords."""

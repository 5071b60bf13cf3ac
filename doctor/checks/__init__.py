"""The checks, one module for each part of the installation; they read and change nothing."""

"""`make doctor`: what is wrong with an installation of the stack, why it matters, and the command that mends it."""

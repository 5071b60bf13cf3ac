"""What depends on the machine-learning library of a model. Other packages import `interface` and `table` only."""

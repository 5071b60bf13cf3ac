"""Which version serves: following the alias, loading, swapping, trying again."""

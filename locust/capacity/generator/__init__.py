"""The load generator: Locust as a container or as a process, told how many users to have."""

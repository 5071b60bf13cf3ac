"""The load generator: Locust in a container or as a process, whose number of users the search sets."""

"""What a search asks, measures and decides, as plain values. Nothing here touches a process or a file."""

"""Plain predictions answered from an epoll loop beside uvicorn. Every other request goes to uvicorn's own protocol."""

"""The fast lane and the uvicorn route, asked the same over real sockets: both must behave alike."""

"""Wire protocols: how a request's body becomes rows and how outcomes become a body. Nothing here reads a socket."""

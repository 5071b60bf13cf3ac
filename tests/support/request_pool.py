"""Every sample of a request, by who may answer it and by what becomes of its connection."""

from typing import Final

from request_samples import http_syntax, json_rows, mlflow_scoring, open_inference

PROTOCOLS: Final = (*json_rows.SAMPLES, *mlflow_scoring.SAMPLES, *open_inference.SAMPLES)
"""Requests of every wire protocol, valid and invalid, which the fast lane may answer itself."""

PLAIN: Final = (*http_syntax.PLAIN, *PROTOCOLS)
"""All requests that the fast lane may answer itself."""

OTHER: Final = (*http_syntax.OTHER, *json_rows.APPLICATION, *mlflow_scoring.APPLICATION, *open_inference.APPLICATION)
"""Requests for the application, after which the connection stays open."""

LAST: Final = http_syntax.LAST
"""Requests after which the server closes the connection."""

BROKEN: Final = http_syntax.BROKEN
"""Invalid HTTP, after which the server closes the connection."""

ALONE: Final = http_syntax.ALONE
"""Requests whose effect on later ones depends on the server, so each is sent on its own connection."""

EVERY: Final = (*ALONE, *PLAIN, *OTHER, *LAST, *BROKEN)

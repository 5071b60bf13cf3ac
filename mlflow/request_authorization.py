"""Who may send a request to MLflow, as the `authorization_function` of its basic authentication.

https://mlflow.org/docs/latest/self-hosting/security/custom/
"""

from __future__ import annotations

import os

from flask import Response, request
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization

_METRICS = "/metrics"
_READING = frozenset({"GET", "HEAD"})


def authorize_request() -> Authorization | Response:
    """The user of the request that Flask handles now, or the refusal.

    MLflow lets every user create models and experiments: the user of the API is stopped here, because it only reads.
    Prometheus reads the metrics without a user: they count requests, and name no model.
    """
    if request.path == _METRICS and request.method in _READING:
        # MLflow has no permission for this path, and refuses it to all but the administrator.
        return Authorization("basic", {"username": os.environ["MLFLOW_TRACKING_USERNAME"], "password": ""})
    reader = os.environ["MLFLOW_API_USERNAME"]
    user = authenticate_request_basic_auth()
    if isinstance(user, Authorization) and request.method not in _READING and user.username == reader:
        return Response("Permission denied: this user may only read", 403)
    return user

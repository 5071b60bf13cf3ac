"""Downloads a version's files over MLflow's REST API: importing MLflow's own client takes 4 s of CPU and 150 MiB.

It downloads files that the tracking server stores or proxies (`mlflow-artifacts:`). For files that a client must fetch
from elsewhere (s3:, dbfs:, file:), `src.service.fetching.download` uses MLflow's client.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request

from src.errors import ModelError, ModelRefusedError
from src.service.network_route import LOGIN_REFUSED, Route

MAX_ENTRIES: Final = 1000
MAX_BYTES: Final = 4 << 30
_MAX_LISTING_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 16
_TIMEOUT_SECONDS: Final = 30.0
_LOCATION: Final = "/api/2.0/mlflow/model-versions/get-download-uri"
_ARTIFACTS: Final = "/api/2.0/mlflow-artifacts/artifacts"


class ArtifactClient:
    """Client for the files that an MLflow tracking server delivers itself."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        """Prepare the requests.

        Args:
            base_url: MLflow's address.
            headers: Headers with the credentials.
        """
        self._base_url = base_url
        self._headers = dict(headers)
        self._route = Route.to(base_url)
        self._bytes_left = MAX_BYTES

    def download(self, name: str, version: str, folder: Path) -> bool:
        """Write all files of a version below a folder.

        Args:
            name: Registered model.
            version: Its version.
            folder: Destination; nothing is written outside of it.

        Returns:
            Whether the server delivers this version's files; if not, nothing was written.

        Raises:
            ModelError: When the server does not answer, or does not send the files.
            ModelRefusedError: When a file name is not safe, or the files are too many or too large.
        """
        try:
            location = urlsplit(str(self._get_json(_LOCATION, name=name, version=version)["artifact_uri"]))
            if location.scheme != "mlflow-artifacts" or location.netloc:
                return False
            root = location.path.strip("/")
            for path in self._list_files(root):
                self._save(f"{root}/{path}", folder / path)
        except HTTPError as error:
            with error:  # closes the connection
                raise self._failure(self._http_reason(error)) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            raise self._failure(getattr(error, "reason", error)) from error
        except (ValueError, LookupError) as error:
            raise self._failure("the server does not answer like MLflow") from error
        return True

    def _failure(self, reason: object) -> ModelError:
        return ModelError(f"the model cannot be downloaded: {reason}{self._route.note}")

    def _http_reason(self, error: HTTPError) -> str:
        if error.code == HTTPStatus.UNAUTHORIZED:
            return f"MLflow answered 401: {LOGIN_REFUSED}"
        text, from_mlflow = error.read(1000).decode(errors="replace"), not self._route.note
        with suppress(ValueError, LookupError, TypeError):
            text, from_mlflow = str(json.loads(text)["message"]), True
        if not from_mlflow:  # perhaps the proxy's HTML page, which tells less than the status
            return f"HTTP {error.code} {error.reason}"
        return f"MLflow answered {error.code}: {text[:200]}".splitlines()[0]

    def _list_files(self, root: str) -> Iterator[str]:
        """Paths below the root. The server is not trusted: names are checked and the entries counted."""
        folders, count = [""], 0
        while folders:
            folder = folders.pop()
            entries = self._get_json(_ARTIFACTS, path=f"{root}/{folder}".rstrip("/")).get("files", [])
            count += len(entries)
            if count > MAX_ENTRIES:
                raise ModelRefusedError(f"the version's artifacts are more than {MAX_ENTRIES} files")
            for entry in entries:
                path = folder + _safe_name(entry["path"])
                if entry.get("is_dir"):
                    folders.append(f"{path}/")
                else:
                    yield path

    def _save(self, path: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._open(f"{_ARTIFACTS}/{quote(path)}") as answer, target.open("xb") as file:
            expected = answer.headers.get("Content-Length")
            written = self._copy(answer, file)
        if expected is not None and written != int(expected):
            raise ModelError(f"the model cannot be downloaded: {target.name} ended after {written} of {expected} bytes")

    def _copy(self, answer: http.client.HTTPResponse, file: BinaryIO) -> int:
        written = 0
        while chunk := answer.read(_CHUNK_BYTES):
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                raise ModelRefusedError(f"the version's artifacts are larger than {MAX_BYTES >> 20} MiB")
            written += file.write(chunk)
        return written

    def _get_json(self, endpoint: str, /, **query: str) -> dict[str, Any]:
        with self._open(f"{endpoint}?{urlencode(query)}") as answer:
            found = json.loads(answer.read(_MAX_LISTING_BYTES))
        if not isinstance(found, dict):
            raise ValueError("no JSON object")  # noqa: TRY004 - handled like an answer that is not JSON
        return found

    def _open(self, target: str) -> http.client.HTTPResponse:
        request = Request(self._base_url + target, headers=self._headers)  # noqa: S310 - settings admit http and https only
        return self._route.open(request, _TIMEOUT_SECONDS)


def _safe_name(name: object) -> str:
    """The name of a file or folder, when it is not a path."""
    if not isinstance(name, str) or name in {"", ".", ".."} or not set(name).isdisjoint("/\\\0"):
        raise ModelRefusedError(f"the version's artifacts hold a file of the name {name!r}"[:200])
    return name

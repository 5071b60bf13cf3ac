"""Real MLflow servers for the integration tests: SQLite metadata, proxied artifacts in a temporary folder."""

import warnings
from collections.abc import Iterator

import pytest
from mlflow_server import running_server
from model_owners import ModelOwners

with warnings.catch_warnings():
    # MLflow warns about its own type hints while it is imported; imported here, no later import warns.
    warnings.filterwarnings("ignore", message=r".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow.pyfunc  # noqa: F401 - see above

# Fixtures that several files use register these, each in its one way.
_SHARED_MODELS = ("every_kind", "conformance_sum", "conformance_nearest", "conformance_columns", "model_under_load")
_OWNERS = pytest.StashKey[ModelOwners]()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    """The base URL of a running MLflow server; model names are shared by all tests, so choose your own."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    with running_server(folder, "--artifacts-destination", str(folder / "artifacts")) as base_url:
        base = tmp_path_factory.getbasetemp()
        record = (base.parent if hasattr(pytestconfig, "workerinput") else base) / "model-owners"
        record.mkdir(exist_ok=True)
        pytestconfig.stash[_OWNERS] = ModelOwners(base_url, record, _SHARED_MODELS)
        yield base_url
        del pytestconfig.stash[_OWNERS]


@pytest.fixture(scope="module", autouse=True)
def models_of_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail when a file has changed a registered model of another one, whichever processes they ran in."""
    yield
    owners = request.config.stash.get(_OWNERS, None)
    if owners and (conflicts := owners.conflicts(request.node.nodeid)):
        pytest.fail("\n".join(conflicts), pytrace=False)


@pytest.fixture
def proxyless_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose clients fetch artifacts by themselves, here from a folder."""
    folder = tmp_path_factory.mktemp("proxyless-server")
    root = str(folder / "artifacts")
    with running_server(folder, "--no-serve-artifacts", "--default-artifact-root", root) as base_url:
        yield base_url

"""The parts of gateway/haproxy.cfg that have to agree with the API and the Compose file."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from src.controller.fast_lane.unix_socket import SLOTS
from src.service.challenger.challenger import PATIENCE_SECONDS
from src.settings import Settings

REPOSITORY = Path(__file__).parents[3]
CONFIGURATION = re.sub(r"#.*", "", (REPOSITORY / "gateway" / "haproxy.cfg").read_text())
SECTIONS = {
    section.partition("\n")[0].strip(): section.partition("\n")[2]
    for section in re.split(r"^(?=\w)", CONFIGURATION, flags=re.MULTILINE)
}


@pytest.fixture(scope="module")
def services() -> Any:
    """The services of the Compose file, before variables are filled in."""
    return yaml.safe_load((REPOSITORY / "docker-compose-api.yml").read_text())["services"]


def folder_of(service: dict[str, Any]) -> tuple[PurePosixPath, bool]:
    """The mount point of the sockets' folder in a service, and whether it is read-only."""
    [mount] = [volume.split(":") for volume in service["volumes"] if volume.startswith("replica-sockets:")]
    return PurePosixPath(mount[1]), mount[2:] == ["ro"]


def test_every_slot_is_listed_where_both_sides_have_the_folder(services: Any) -> None:
    """The gateway connects to the paths of `claim_socket`, in the volume that both containers share."""
    folder, read_only = folder_of(services["gateway"])
    listed = re.findall(r"^ +server slot(\d+) unix@(\S+)$", SECTIONS["backend predictions"], re.MULTILINE)

    assert listed == [(str(number), str(folder / f"replica-{number}.sock")) for number in range(1, SLOTS + 1)]
    assert read_only
    assert folder_of(services["fastapi-app"]) == (folder, False)
    assert services["fastapi-app"]["environment"]["SOCKET_DIR"] == f"${{SOCKET_DIR-{folder}}}"


def test_as_many_replicas_are_found_by_name_as_have_slots() -> None:
    """Each backend has up to 20 replicas of DNS; for predictions they are backups of the sockets, if there are any."""
    found = re.findall(r'^ +server-template replica (\d+) "\$\{(\w+)\}:8000"(.*)$', CONFIGURATION, re.MULTILINE)

    assert [int(count) for count, _, _ in found] == [SLOTS] * 4
    assert [(name, "backup" in options.split()) for _, name, options in found] == [
        ("GATEWAY_READY_REPLICAS", True),
        ("GATEWAY_READY_REPLICAS", False),
        ("GATEWAY_READY_REPLICAS", False),
        ("GATEWAY_REPLICAS", False),
    ]
    assert "option allbackups" in SECTIONS["backend predictions"]


def test_without_other_settings_the_replicas_are_those_of_compose(services: Any) -> None:
    """The defaults name the service of the Compose file and its sockets; Compose sets none of them."""
    defaults = dict(re.findall(r"^ +presetenv (\w+) (\S+)$", SECTIONS["global"], re.MULTILINE))

    assert defaults == {
        "GATEWAY_REPLICAS": "fastapi-app",
        "GATEWAY_READY_REPLICAS": "fastapi-app",
        "GATEWAY_SOCKETS": "true",
    }
    assert "fastapi-app" in services
    assert not defaults.keys() & services["gateway"]["environment"].keys()


def test_only_replicas_with_a_model_get_predictions() -> None:
    """All predictions go to replicas whose /ready is 200, and are retried on another; other requests need /health."""
    checked = {name: re.findall(r"http-check send meth GET uri (\S+)", section) for name, section in SECTIONS.items()}
    again = {name for name, section in SECTIONS.items() if "retry-on conn-failure empty-response" in section}

    assert {name: paths for name, paths in checked.items() if paths} == {
        "backend predictions": ["/ready"],
        "backend other_predictions": ["/ready"],
        "backend replicas": ["/health"],
    }
    assert again == {"backend predictions", "backend other_predictions"}


def test_every_post_is_a_prediction() -> None:
    """No rule names a path: a new kind of prediction needs no rule of its own."""
    rules = re.findall(r"^ +use_backend (\w+) if (.*)$", CONFIGURATION, re.MULTILINE)

    assert [name for name, _ in rules] == ["predictions", "other_predictions"]
    assert rules[1][1] == "METH_POST { nbsrv(other_predictions) gt 0 }"
    assert not re.search(r"\b(path|pathq|path_beg|url|open_path)\b", " ".join(rule for _, rule in rules))


def test_only_plain_predictions_use_the_lane_s_connections() -> None:
    """Other connections are used for requests that leave the lane: encoding, other framing, last slash."""
    [rule] = re.findall(r"^ +use_backend predictions if (.*)$", CONFIGURATION, re.MULTILINE)
    unusual = re.findall(r"^ +acl unusual (.*)$", SECTIONS["frontend api"], re.MULTILINE)

    assert rule.startswith("METH_POST HTTP_CONTENT small !unusual !HTTP_1.0 ")
    assert unusual == ["req.hdr(content-encoding) -m found", "req.hdr(expect) -m found", "path_end /"]


def test_the_time_until_another_replica_is_tried_is_a_setting(services: Any) -> None:
    """GATEWAY_RETRY_SECONDS is used only if another replica can answer; the Compose file always sets it."""
    [rule] = re.findall(r"^ +http-request set-timeout server (.*)$", SECTIONS["backend predictions"], re.MULTILINE)

    assert rule == '"${GATEWAY_RETRY_SECONDS}s" if quick short { nbsrv(predictions) gt 1 }'
    assert services["gateway"]["environment"]["GATEWAY_RETRY_SECONDS"] == "${GATEWAY_RETRY_SECONDS:-1}"


def test_the_configuration_uses_the_variables_that_the_container_has(services: Any) -> None:
    """Each variable that the configuration or its Lua program reads is set by the Compose file, and no other is."""
    lua = (REPOSITORY / "gateway" / "door.lua").read_text()
    read = {
        *re.findall(r"\$\{([A-Z_]+)(?:\[\*\])?\}", CONFIGURATION),
        *re.findall(r"\benv\(([A-Z_]+)\)", CONFIGURATION),
        *re.findall(r"os\.getenv\(\"([A-Z_]+)\"\)", lua),
    }
    preset = set(re.findall(r"^ +presetenv (\w+) ", SECTIONS["global"], re.MULTILINE))
    assert read - preset == set(services["gateway"]["environment"])


def test_a_canary_is_answered_before_another_replica_is_tried(services: Any) -> None:
    """Of a challenger without an answer the champion takes over in time: else the gateway takes the replica as down."""
    [least] = re.findall(r":-(\d+)", services["gateway"]["environment"]["GATEWAY_RETRY_SECONDS"])

    assert int(least) - PATIENCE_SECONDS > Settings().longest_rest_ms / 1000 + 0.2


def test_there_are_descriptors_for_all_users_while_two_replicas_stop() -> None:
    """The limits of two replicas leave a descriptor for each user; without one the gateway would answer 503."""
    [users] = map(int, re.findall(r"^ +maxconn (\d+)$", SECTIONS["global"], re.MULTILINE))
    [each] = map(int, re.findall(r"^ +default-server maxconn (\d+)$", SECTIONS["backend predictions"], re.MULTILINE))
    [descriptors] = map(int, re.findall(r"^NOFILE=(\d+)$", (REPOSITORY / ".env.example").read_text(), re.MULTILINE))
    before_servers = SECTIONS["backend predictions"].partition("maxconn")[0]

    # Health checks, listeners and logs need some as well.
    assert users + 2 * each + 200 <= descriptors
    assert "server-template" not in before_servers
    # A Unix socket refuses connections beyond its queue (net.core.somaxconn), and the gateway takes it for down then.
    assert each < 4096


def test_no_query_is_logged() -> None:
    """A client may write its key into the address; the log has the path only."""
    [line] = re.findall(r'^ +log-format "(.*)"$', CONFIGURATION, re.MULTILINE)

    assert "%{+Q}HPO" in line
    assert not re.search(r"%(\{\+Q\})?(r|HU|HQ|HP)\b", line)

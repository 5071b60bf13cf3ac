"""What a container of the stack may do beyond the rule, with the reason."""

from typing import Final

NEVER_RUNS: Final = "after-training"
"""A service without containers."""

ROOT: Final = {
    "mysql": "the image's entrypoint gives the volume to the user mysql and becomes this user; the init process stays",
    "minio": "the volumes of earlier installations belong to root",
}
"""Services whose containers start as root; all others have a user of their own."""

WRITABLE: Final = {
    "mysql": "temporary files of a migration are on disk, because in /tmp in memory they would count as memory",
}
"""Services whose root file system is not read-only."""

CAPABILITIES: Final = {
    "mysql": frozenset({"CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"}),
}
"""What the entrypoint of `mysql` needs: to give files to another user, to become this user, to stop its processes."""

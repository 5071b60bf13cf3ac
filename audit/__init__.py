"""`make audit`: known vulnerabilities of the pinned packages."""

"""The process that downloads and describes a version; the serving process imports only `runner` and `request`."""

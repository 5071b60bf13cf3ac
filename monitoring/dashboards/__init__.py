"""Writes Grafana's dashboards as JSON: `python -m monitoring.dashboards`."""

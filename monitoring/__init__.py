"""Configuration of Prometheus and Grafana, and the program that writes Grafana's dashboards."""

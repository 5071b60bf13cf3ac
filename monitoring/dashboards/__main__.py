"""Write the dashboards into the folder that Grafana reads."""

from monitoring.dashboards.files import write

if __name__ == "__main__":
    write()

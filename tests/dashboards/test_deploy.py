"""deploy/: there are no containers here, so its files are held against each other and against what they mount."""

from pathlib import Path
from typing import Any

import yaml

from chatproof.dashboards.boards import SOURCE

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"


def read(name: str) -> dict[str, Any]:
    """One file."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return loaded


def mounts() -> list[tuple[str, str]]:
    """(host path, container path) of every bind mount."""
    services = read("compose.yaml")["services"].values()
    pairs = [volume.split(":")[:2] for service in services for volume in service.get("volumes", ())]
    return [(host, inside) for host, inside in pairs if host.startswith(".")]


def test_every_mounted_path_exists() -> None:
    """Docker would make an empty directory of a path that does not."""
    assert [] == [host for host, _ in mounts() if not (DEPLOY / host).exists()]
    assert 4 == len(mounts())


def test_every_image_has_a_version_and_every_port_is_on_loopback() -> None:
    """Nothing changes by itself, and nothing is open to the network that has no login."""
    services = read("compose.yaml")["services"]
    images = [service["image"] for service in services.values() if "image" in service]
    assert [] == [image for image in images if image.partition(":")[2] in ("", "latest")]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])


def test_named_volumes_are_declared() -> None:
    """As Compose demands."""
    compose = read("compose.yaml")
    named = {v.split(":")[0] for s in compose["services"].values() for v in s["volumes"] if not v.startswith(".")}
    assert named == compose["volumes"].keys()


def test_prometheus_finds_its_rules_and_the_server() -> None:
    """At the path where they are mounted, and by the name of the service."""
    config = read("prometheus/prometheus.yml")
    assert set(config["rule_files"]) <= {inside for _, inside in mounts()}
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert ["server:7311"] == targets["server"]


def test_grafana_has_the_data_source_that_the_dashboards_ask() -> None:
    """By uid; and it reads the directory in which they are mounted."""
    (source,) = read("grafana/provisioning/datasources/prometheus.yaml")["datasources"]
    (provider,) = read("grafana/provisioning/dashboards/chatproof.yaml")["providers"]
    assert (SOURCE.uid, "http://prometheus:9090") == (source["uid"], source["url"])
    assert provider["options"]["path"] in {inside for _, inside in mounts()}

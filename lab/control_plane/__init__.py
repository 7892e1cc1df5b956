"""Real control planes on one machine: etcd and Kubernetes in the lab's nodes, without Docker or an image registry."""

from lab.control_plane.api_server import ApiServer
from lab.control_plane.images import BUSYBOX, Image
from lab.control_plane.plane import ControlPlane
from lab.control_plane.releases import NEWEST, OLDEST, RELEASES, Release

__all__ = ["BUSYBOX", "NEWEST", "OLDEST", "RELEASES", "ApiServer", "ControlPlane", "Image", "Release"]

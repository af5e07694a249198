"""Reaching a Ray cluster, or starting one on this machine, and what its nodes can take."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from types import ModuleType

from augury.errors import InputError
from augury.startup import away_from_working_folder, child_environment, environment
from augury.study.engines.environment import worker_environment

_SECONDS_TO_ANSWER = 30


def require_ray(address: str | None) -> ModuleType:
    """Ray itself; InputError where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if _address(address) == "local":
        # Ray listens on every interface: without a token, whoever reaches it may run code.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError as error:
        raise InputError("--engine ray needs Ray: pip install 'augury[ray]'") from error
    return ray


@contextmanager
def connected(address: str | None, threads: int) -> Iterator[ModuleType]:
    """Ray, connected within the block; its tasks have the environment for cells of `threads`.

    address: see `Ray`. Raises InputError where no cluster answers.
    """
    ray, address = require_ray(address), _address(address)
    if address.startswith("ray://"):
        raise InputError(
            f"--address {address}: Ray's client does not see the study's folder; run augury on a "
            "node of the cluster, with --address auto"
        )
    _check_answers(address)
    # Ray prints of lost workers on standard output, which belongs to --json.
    with redirect_stdout(sys.stderr):
        try:
            # Ray gives its workers the folder that it is started in, to look for modules there.
            with away_from_working_folder(), environment(child_environment()):
                ray.init(
                    address=address,
                    log_to_driver=False,
                    logging_level="ERROR",
                    runtime_env={"env_vars": worker_environment(threads)},
                    **({"include_dashboard": False} if address == "local" else {}),
                )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            what = "Ray does not start here" if address == "local" else f"no Ray at {address}"
            raise InputError(f"--engine ray: {what}: {str(error).splitlines()[0]}") from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _check_answers(address: str) -> None:
    """Ray itself goes on trying for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
        except (OSError, OverflowError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"--engine ray: no Ray at {address}: {reason}") from error


def _address(address: str | None) -> str:
    return address or os.environ.get("RAY_ADDRESS") or "local"


@dataclass(frozen=True)
class Demand:
    """CPUs and GPU share that one cell needs of a node."""

    cpus: int
    gpus: float

    def fits(self, node: "Demand") -> int:
        """How many such cells a node can take at once."""
        by_cpus = node.cpus // self.cpus
        return min(by_cpus, int(node.gpus / self.gpus)) if self.gpus else by_cpus


def nodes(ray: ModuleType) -> list[Demand]:
    """Resources of each node that is alive."""
    return [
        Demand(int(node["Resources"].get("CPU", 0)), node["Resources"].get("GPU", 0.0))
        for node in ray.nodes()
        if node["Alive"]
    ]

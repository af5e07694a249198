"""A Ray cluster of two nodes on this machine, for the tests: it ends when its input does.

Prints its address and the process ids of the two nodes' raylets, the head's first, as JSON.
"""

import json
import sys

from ray.cluster_utils import Cluster

# So that a lost node is missed within seconds.
QUICK = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 4,
}

if __name__ == "__main__":
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "include_dashboard": False, "_system_config": QUICK},
    )
    nodes = [cluster.head_node, cluster.add_node(num_cpus=1)]
    raylets = [node.all_processes["raylet"][0].process.pid for node in nodes]
    print(json.dumps({"address": cluster.address, "raylets": raylets}), flush=True)
    sys.stdin.read()
    cluster.shutdown()

"""A script that torchrun starts: its processes share each cell, one study after the other."""

import json
import os
import subprocess
import sys
import textwrap

from helpers.studies import QUICK_STUDY


def test_processes_of_torchrun_share_the_cells_of_each_run(tmp_path):
    (tmp_path / "script.py").write_text(
        textwrap.dedent(f"""
        import json, os
        from pathlib import Path
        import augury

        study = augury.Study(path="s", **{QUICK_STUDY!r})
        first = study.run(quiet=True)
        second = study.add(seeds=2).run(engine="torchrun", quiet=True)
        told = [[each.cells, each.done, each.failed] for each in (first, second)]
        with open(f"told-{{os.environ['RANK']}}", "w") as file:
            json.dump(told, file)
        threads = Path("/proc/self/task").glob("*/comm")
        names = [name.read_text().strip() for name in threads]
        Path(f"threads-{{os.environ['RANK']}}").write_text(json.dumps(names))
        """)
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*command, "--nproc-per-node", "2", "script.py"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for rank in range(2):
        told = json.loads((tmp_path / f"told-{rank}").read_text())
        assert told == [[2, 2, 0], [4, 4, 0]]
        # A thread of Gloo that outlives its group can abort the process while Python ends.
        threads = json.loads((tmp_path / f"threads-{rank}").read_text())
        assert not [name for name in threads if "gloo" in name]
    assert len(list(tmp_path.glob("s/runs/*/result.json"))) == 4

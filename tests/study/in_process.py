"""A study's cells run in this process, one after the other: no worker has to be started."""

from augury.errors import DiskError
from augury.study.engines.attempt import attempt
from augury.study.running.prepare import load_planned
from augury.study.running.run import Watcher


class InThisProcess:
    """In place of LocalEngine."""

    def __init__(self, folder, plan, workers, data_dir, on_event) -> None:
        self.folder, self.plan, self.on_event = folder, plan, on_event

    def run(self, cells) -> None:
        for cell in cells:

            def load(name):
                return load_planned(self.plan, name, None)

            event = attempt(cell, self.plan, self.folder, load, Watcher())
            if event.kind == "disk":
                raise DiskError(event.detail)
            self.on_event(event)

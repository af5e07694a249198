"""`run_cell`: what every engine executes."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from augury.data import Dataset, Split
from augury.errors import InputError
from augury.files import make_folder
from augury.inside import lock, remove_plain
from augury.kernels import enabled
from augury.records.cell import Cell
from augury.records.epochs import write_epochs
from augury.records.json_file import to_values
from augury.records.plan import Plan
from augury.records.provenance import Provenance, Resumed
from augury.records.result import DRAWS, Result, RunSpeed, Score, TestScore, write_result
from augury.records.robustness import write_robustness
from augury.schema import read_as
from augury.study.planning.networks import model_spec
from augury.study.provenance import changes, provenance
from augury.study.running.learned import learned, own_images
from augury.study.running.listener import Listener
from augury.study.running.prepare import Prepared, prepare
from augury.study.running.record_batches import BatchRecorder, example_ids
from augury.study.running.robustness import measure_robustness
from augury.study.store import RunFolder, StudyFolder, disk_errors, write_arrays
from augury.training import Evaluation, Training, evaluate
from augury.training.deterministic import use_deterministic_algorithms
from augury.training.device import current_device
from augury.training.processes import ALONE, Processes
from augury.training.teacher import save_network


def run_cell(
    cell: Cell,
    plan: Plan,
    folder: StudyFolder,
    dataset: Dataset,
    listener: Listener,
    processes: Processes = ALONE,
) -> Result:
    """Train and test one cell, going on from its last checkpoint; returns its result.

    processes: those that share the run; this is the first of them. It tells the others the cell's
    number in the plan, and they call `follow_cell`. Raises filelock.Timeout at once where another
    process is at this cell, and AuguryError where the cell cannot be finished.
    """
    run = folder.run(cell)
    with disk_errors(folder.path):
        lock_file = folder.lock_file(cell)
        make_folder(lock_file.parent)
        make_folder(run.path)
        with lock(lock_file, timeout=0):
            if not run.done:
                remove_plain(run.error)
                run.sweep()
                if processes.count > 1:  # alone there may be no number: Ray's plans hold no cells
                    processes.tell(plan.cells.index(cell))
                with current_device(torch.device(plan.device)):
                    _train_and_test(cell, plan, run, dataset, listener, processes)
            return run.read_result()


def follow_cell(
    cell: Cell, plan: Plan, folder: StudyFolder, dataset: Dataset, processes: Processes
) -> None:
    """Take part in a cell that the first process runs: the same steps, and nothing is written."""
    use_deterministic_algorithms()
    with current_device(torch.device(plan.device)):
        prepared = prepare(cell, dataset, plan, processes=processes)
        _go_on(prepared.training, folder.run(cell), Listener())
        for _ in prepared.training.epochs():
            pass
        _test(prepared)


def _train_and_test(
    cell: Cell,
    plan: Plan,
    run: RunFolder,
    dataset: Dataset,
    listener: Listener,
    processes: Processes,
) -> None:
    use_deterministic_algorithms()
    started = time.perf_counter()
    prepared = prepare(cell, dataset, plan, listener.on_step, processes, reuse=True)
    training = prepared.training
    resumed = _go_on(training, run, listener)
    here = provenance(processes.count)
    about = {"environment": to_values(here), "resumed": to_values(resumed)}
    write_epochs(run.epochs, training.history)

    # Set before training, as later weights cannot reproduce what the last epoch sees.
    last = cell.recipe.epochs - 1
    training.on_batch = recorder = BatchRecorder(prepared, example_ids(prepared, last), last)
    training.watched = last, recorder.ids
    for epoch in training.epochs():
        run.check_there()
        if epoch.epoch == last:
            write_arrays(run.examples, {"epoch": last, **recorder.arrays()})
        training.save(run.checkpoints, about)
        write_epochs(run.epochs, training.history)
        listener.on_epoch(epoch)
    tested = _test(prepared)
    network, size = training.network, 2 * cell.recipe.batch_size
    run.check_there()
    write_arrays(run.predictions, _predictions(tested))
    if plan.corruptions:
        robustness = measure_robustness(network, dataset, prepared.test, plan.corruptions, size)
        run.check_there()
        write_robustness(run.corruptions, robustness)
    spec = model_spec(cell.model, cell.network, dataset, cell.model_code)
    save_network(run.weights, network, spec)
    result = _result(cell, plan, training, tested)
    # Seconds of the run, also of the parts before an interruption.
    rest = time.perf_counter() - started - sum(e.seconds for e in training.history)
    trained = sum(epoch.seconds for epoch in training.history)
    seconds = trained + max(0.0, rest)
    result = replace(result, resumed=resumed, files=run.checksums(), seconds=seconds)
    write_result(run.result, result)
    run.checkpoints.clear()


@dataclass(frozen=True)
class Tested:
    """The epoch whose weights were tested, and their scores on the parts.

    validation: None where there is no such part; own: on training images, as they are.
    """

    epoch: int
    test: Evaluation
    validation: Evaluation | None
    own: Evaluation


def _test(prepared: Prepared) -> Tested:
    training, classes = prepared.training, prepared.dataset.num_classes
    chosen, size = training.choose(), 2 * training.recipe.batch_size

    def score(part: Split) -> Evaluation:
        return evaluate(training.network, part, classes, size, training.processes)

    return Tested(
        epoch=chosen,
        test=score(prepared.test),
        validation=score(prepared.validation) if len(prepared.validation) else None,
        own=score(own_images(prepared)),
    )


def _go_on(training: Training, run: RunFolder, listener: Listener) -> tuple[Resumed, ...]:
    """Go on from the newest good checkpoint, if there is one.

    Returns each change of environment that the run has seen so far, earliest first; see `changes`.
    """
    checkpoint = run.checkpoints.load(lambda line: listener.on_note(f"passed over: {line}"))
    if not checkpoint:
        return ()
    try:
        training.restore(checkpoint)
    except InputError as error:
        listener.on_note(f"begun anew: {run.checkpoints.folder}: {error}")
        return ()
    about, where = checkpoint.state.get("about", {}), f"{run.checkpoints.folder}"
    before: Provenance = read_as(Provenance, about.get("environment", {}), where)
    earlier: tuple[Resumed, ...] = read_as(tuple[Resumed, ...], about.get("resumed", ()), where)
    now = provenance(training.processes.count)
    return (*earlier, *changes(len(training.history), before, now))


def _predictions(tested: Tested) -> dict[str, np.ndarray]:
    parts = {"test": tested.test}
    parts |= {"validation": tested.validation} if tested.validation else {}
    return {
        f"{part}_{name}": getattr(evaluation, name)
        for part, evaluation in parts.items()
        for name in ("ids", "labels", "logits")
    }


def _result(cell: Cell, plan: Plan, training: Training, tested: Tested) -> Result:
    """The result, but for the fields that are known only when all other files are written."""
    chosen, test, validation = tested.epoch, tested.test, tested.validation
    history, speed = training.history, plan.speed_of(cell)
    return Result(
        cell=cell,
        train=Score(history[chosen].loss, history[chosen].accuracy),
        validation=Score(validation.loss, validation.accuracy) if validation else None,
        test=TestScore(
            loss=test.loss,
            accuracy=test.accuracy,
            per_class=tuple(test.per_class()),
            confusion=tuple(map(tuple, test.confusion().tolist())),
        ),
        chosen_epoch=chosen,
        epochs=len(history),
        select=cell.recipe.select,
        step_seconds=float(np.mean([e.step_seconds for e in history])),
        augment_seconds=float(np.mean([e.augment_seconds for e in history])),
        speed=RunSpeed(
            speed.layout,
            speed.precision,
            plan.threads,
            plan.device,
            training.way.steps,
            training.way.why,
            "on" if enabled() else "off",
            training.way.features,
            training.way.why_each,
        ),
        teacher=cell.teacher or None,
        parameters_count=sum(p.numel() for p in training.network.model.parameters()),
        data_fingerprint=cell.fingerprint,
        provenance=provenance(training.processes.count),
        draws=DRAWS,
        learned=learned(training, tested.own),
    )

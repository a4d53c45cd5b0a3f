"""The pictures of `gpen restore`, by an engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing

from tqdm import tqdm

from ..archive import Done, Engine, HaltedError, Job, Journal, LocalEngine, Target, Task, restore_tasks
from ..archive.ray_engine import RayEngine
from ..archive.worker import FaceProgress
from ..settings import RestoreSettings
from .quiet import without_bar
from .tally import Tally


def start_engine(job: Job, progress: FaceProgress) -> LocalEngine:
    """The engine, announced. progress: of the faces of each picture."""
    engine = LocalEngine(job, progress)
    _announce(engine)
    return engine


def start_ray(job: Job, args: argparse.Namespace) -> RayEngine:
    """Ray's engine, announced."""
    engine = RayEngine(job, args.address, args.workers, args.gpus_per_worker)
    _announce(engine)
    return engine


def _announce(engine: Engine) -> None:
    print(engine.description)
    for limit in engine.notes:
        print(f"note: {limit}", file=sys.stderr)


class FaceBar:
    """A bar for the faces of a picture that is alone."""

    def __init__(self, hidden: bool | None) -> None:
        self._bar = tqdm(unit="face", leave=False, disable=hidden)

    def __call__(self, target: Target, done: int, total: int | None) -> None:
        """Follow a picture's faces."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar off the screen."""
        self._bar.close()


def restore_pictures(
    engine: Engine, tasks: Sequence[Task], journal: Journal | None, args: argparse.Namespace, tally: Tally
) -> None:
    """Restore pictures; a bad file does not stop the others, a full disk and a vanished folder do."""

    def finished(outcome: Done) -> None:
        """At once, so that Ctrl-C leaves no picture that was written out of the report."""
        if outcome.value is not None:
            facts = {"seconds": round(outcome.value.seconds, 3)}
            tally.written(outcome.item.target, {**facts, **outcome.value.report.as_dict()})

    roots = [given for given in args.inputs if given.is_dir()]
    with ExitStack() as stack:
        outcomes = stack.enter_context(closing(restore_tasks(engine, tasks, journal, roots, finished)))
        try:
            for outcome in tqdm(outcomes, total=len(tasks), unit="picture", disable=without_bar(args)):
                _tell(outcome, args, tally)
        except HaltedError as error:
            tally.halted = str(error)


def _tell(outcome: Done, args: argparse.Namespace, tally: Tally) -> None:
    target = outcome.item.target
    if outcome.value is None:  # whatever is wrong with one file, the others are still wanted
        tally.failed(target, outcome.error)
        return
    report = outcome.value.report
    if args.auto:
        tqdm.write(f"{target.source.name}: {_in_words(report.settings)}")
    tqdm.write(f"{target.source.name}: {report.summary()}")
    tally.warn(report.warnings)


def _in_words(settings: RestoreSettings) -> str:
    if settings.strength == 0.0:
        return "best left alone (strength 0)"
    return (
        f"strength {settings.strength:g}, {settings.mode}, denoise {settings.denoise:g}, sharpen {settings.sharpen:g}"
    )

"""Archives of pictures: planned, divided, restored by an engine, recorded so that a run can go on where it ended."""

from .engine import Done, Engine, Finished
from .job import Job, Restored, Task
from .journal import Journal, refuse_held
from .local import LocalEngine
from .resume import Remaining, kept_outputs, remaining
from .run import HaltedError, error_text, restore_tasks
from .shards import Shard
from .targets import Target, plan_targets
from .totals import ReadJournal, Totals, missing_shards, read_journals, total_of
from .worker import Worker

__all__ = [
    "Done",
    "Engine",
    "Finished",
    "HaltedError",
    "Job",
    "Journal",
    "LocalEngine",
    "ReadJournal",
    "Remaining",
    "Restored",
    "Shard",
    "Target",
    "Task",
    "Totals",
    "Worker",
    "error_text",
    "kept_outputs",
    "missing_shards",
    "plan_targets",
    "read_journals",
    "refuse_held",
    "remaining",
    "restore_tasks",
    "total_of",
]

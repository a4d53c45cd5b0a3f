"""Where the pictures of a run are worked on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Protocol, TypeAlias

from .job import Restored, Task
from .overlap import Outcome

Done: TypeAlias = "Outcome[Task, Restored]"
Finished: TypeAlias = Callable[[Done], None]


class Engine(Protocol):
    """Works on tasks, here or elsewhere.

    description: for people: the model, its device and precision, the detector, and where they are.
    notes: limits of the model that the user should know.
    """

    description: str
    notes: Sequence[str]

    def run(self, tasks: Iterable[Task], finished: Finished) -> Generator[Done, None, None]:
        """The outcomes of all tasks, in any order. A task that fails is an outcome too; it does not stop the others.

        tasks: are taken in the thread that iterates, not long before they are worked on.
        finished: called once with each outcome, in any thread, as soon as its picture is written or has failed: also
            for those that nobody waits for any more.
        Whoever stops early closes the iterator; work that has begun is then given up, or finished and waited for.
        Raises GPENError when the engine as a whole can go no further.
        """
        ...

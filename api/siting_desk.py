"""
Where siting questions are worked at: one after the other in a thread of their own, a few waiting, the last ones kept.

One at a time, because the kernels fill a core and riders ask meanwhile. A question says where it is, shows the best
answer so far, and can be stopped at any moment; what it has found by then stays.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geo.errors import ConflictError, NotFoundError, UnavailableError, YiquanError
from geo.progress import Progress

logger = logging.getLogger("yiquan.api")

MOST_WAITING = 6
MOST_KEPT = 40
"""How many finished questions are remembered."""

ShowSoFar = Callable[[dict[str, Any]], None]
Work = Callable[[Progress, ShowSoFar, Callable[[], bool]], dict[str, Any]]
"""Does the work: told whom to tell of steps and of better answers, and how to know that it shall stop."""


class TooManyQuestionsError(UnavailableError):
    """Several siting questions wait already."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_WAITING} siting questions wait already; ask again in a minute, or use `yiquan site` on the command "
            "line."
        )


class JobNotFoundError(NotFoundError):
    """There is no such question, or it was asked too long ago."""

    def __init__(self) -> None:
        super().__init__("There is no siting question of this number; it may have been forgotten. Ask it again.")


class NoAnswerYetError(ConflictError):
    """An answer is to be kept that is not there."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This siting question is {state} and has no answer to keep.")


@dataclass(eq=False)
class Job:
    """One question: `waiting`, `running`, `done`, `cancelled` (perhaps with what was found by then) or `failed`."""

    number: str
    kind: str
    work: Work | None
    state: str = "waiting"
    step: str = ""
    so_far: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def as_dict(self) -> dict[str, Any]:
        """The question as the wire has it."""
        names = ("kind", "state", "step", "so_far", "result", "error")
        return {"job": self.number, **{name: getattr(self, name) for name in names}}


class SitingDesk:
    """Takes siting questions, works at one, keeps the last answers. Its thread lives while there is work."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, kind: str, work: Work) -> Job:
        """Take a question; raises TooManyQuestionsError."""
        job = Job(secrets.token_urlsafe(12), kind, work)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyQuestionsError
            self._jobs[job.number] = job
            self._waiting.append(job)
            self._forget()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="siting", daemon=True)
                self._thread.start()
        return job

    def look(self, number: str) -> tuple[Job, int]:
        """A question, and how many wait before it; raises JobNotFoundError."""
        with self._lock:
            job = self._jobs.get(number)
            if job is None:
                raise JobNotFoundError
            return job, self._waiting.index(job) if job in self._waiting else 0

    def cancel(self, number: str) -> None:
        """Stop a question; what it has found stays. Raises JobNotFoundError."""
        job, _ = self.look(number)
        job.stop.set()
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                job.state, job.work = "cancelled", None

    def stop(self) -> None:
        """Stop everything, for the end of the service."""
        with self._lock:
            self._waiting.clear()
            thread, jobs = self._thread, list(self._jobs.values())
        for job in jobs:
            job.stop.set()
        if thread is not None:
            thread.join(timeout=10)

    def _forget(self) -> None:
        finished = [number for number, job in self._jobs.items() if job.state not in ("waiting", "running")]
        for number in finished[: max(0, len(finished) - MOST_KEPT)]:
            del self._jobs[number]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                job = self._waiting.popleft()
                job.state = "running"
            self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        def progress(step: str, done: int = 0, total: int | None = None) -> None:
            job.step = step

        def show(so_far: dict[str, Any]) -> None:
            job.so_far = so_far

        work, job.work = job.work, None
        assert work is not None
        try:
            job.result = work(progress, show, job.stop.is_set)
            state = "cancelled" if job.stop.is_set() else "done"
        except YiquanError as error:
            job.error = {"kind": type(error).__name__, "detail": str(error)}
            state = "cancelled" if job.stop.is_set() else "failed"
        except Exception:
            # a thread has nobody above it to log what goes wrong
            logger.exception("a siting question failed")
            job.error = {"kind": "internal", "detail": "The service failed at this question; its log says how."}
            state = "failed"
        job.state = state

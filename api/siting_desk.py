"""
Where siting questions are worked at: one after the other in a thread of their own, a few waiting, the last ones kept.

One at a time, because the kernels fill a core and riders ask meanwhile. A question says where it is, shows the best
answer so far, and can be stopped at any moment; what it has found by then stays.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.errors import name_of
from geo.errors import ConflictError, NotFoundError, UnavailableError, YiquanError
from geo.progress import Progress
from geo.services.siting.planning import STEPS
from geo.services.siting.question import CancelledError, Start
from geo.services.siting.refusals import refusal

logger = logging.getLogger("yiquan.api")

MOST_WAITING = 6
MOST_KEPT = 40
"""How many finished questions are remembered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer as plain data, what another question may begin from, and the file that proves it, if one was kept."""

    result: dict[str, Any]
    start: Start | None = None
    proof: Path | None = None


FRUITLESS = ("", "candidates", "reach")
"""Steps at which a question has found nothing yet that could be kept."""

STATES = {"waiting": "排队中", "running": "计算中", "done": "已完成", "cancelled": "已停止", "failed": "没有答案"}
"""The states of a question in Chinese."""

_FAILED = "The service failed at this question; its log says how."
INTERNAL: dict[str, Any] = {
    "kind": "internal",
    "name": "internal",
    "detail": _FAILED,
    "zh": "服务在处理这个问题时出错，日志里有记录。",
    "en": _FAILED,
    "facts": {},
}
"""What is told of a failure that nobody foresaw."""

ShowSoFar = Callable[[dict[str, Any]], None]
Work = Callable[[Progress, ShowSoFar, Callable[[], bool]], Outcome]
"""Does the work: told whom to tell of steps and of better answers, and how to know that it shall stop."""


class TooManyQuestionsError(UnavailableError):
    """Several siting questions wait already."""

    zh = f"已有 {MOST_WAITING} 个选址问题在排队；请过一分钟再问，或在命令行使用 yiquan site。"

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_WAITING} siting questions wait already; ask again in a minute, or use `yiquan site` on the command "
            "line."
        )


class JobNotFoundError(NotFoundError):
    """There is no such question, or it was asked too long ago."""

    zh = "没有这个编号的选址问题，可能已被清除；请重新提问。"

    def __init__(self) -> None:
        super().__init__("There is no siting question of this number; it may have been forgotten. Ask it again.")


class NoAnswerYetError(ConflictError):
    """An answer is to be kept that is not there."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This siting question is {state} and has no answer to keep.")
        self.zh = f"这个选址问题还没有可用的答案（状态：{STATES.get(state, state)}）。"


class NoProofError(NotFoundError):
    """A file is asked for that was not kept."""

    zh = "这个答案没有保存证书；提问时请要求保存证书。没有证书的任务由精确求解器得出界限。"

    def __init__(self) -> None:
        super().__init__(
            "No certificate was kept with this answer: ask with `certificate`; what an exact solver proves has none."
        )


@dataclass(eq=False)
class Job:
    """One question: `waiting`, `running`, `done`, `cancelled` (perhaps with what was found by then) or `failed`."""

    number: str
    kind: str
    work: Work | None
    state: str = "waiting"
    step: str = ""
    done: int | None = None
    total: int | None = None
    so_far: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    start: Start | None = None
    proof: Path | None = None
    began: float | None = None
    """When the work began and ended, on the clock of the process."""
    ended: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def as_dict(self) -> dict[str, Any]:
        """The question as the wire has it."""
        names = ("kind", "state", "step", "done", "total", "so_far", "result", "error")
        zh, en = STEPS.get(self.step, (self.step, self.step))
        now = time.monotonic() if self.ended is None else self.ended
        return {
            "job": self.number,
            **{name: getattr(self, name) for name in names},
            "words": {"zh": zh, "en": en},
            "seconds": 0.0 if self.began is None else round(now - self.began, 2),
        }


class SitingDesk:
    """Takes siting questions, works at one, keeps the last answers. Its thread lives while there is work."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def place_for_proof(self) -> Path:
        """Where the file that proves an answer goes; it is removed with its question."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="yiquan-siting-")
            return Path(self._folder.name) / f"{secrets.token_hex(8)}.npz"

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
        """
        Stop a question; what it has found stays. Raises JobNotFoundError.

        One that has found nothing yet is stopped at once for whoever asks; cover lists that are being made are made to
        their end, for the next question.
        """
        job, _ = self.look(number)
        job.stop.set()
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                job.state, job.work = "cancelled", None
            elif job.state == "running" and job.step in FRUITLESS:
                job.state, job.ended = "cancelled", time.monotonic()

    def stop(self) -> None:
        """Stop everything, for the end of the service."""
        with self._lock:
            self._waiting.clear()
            thread, jobs = self._thread, list(self._jobs.values())
        for job in jobs:
            job.stop.set()
        if thread is not None:
            thread.join(timeout=10)
        if self._folder is not None:
            self._folder.cleanup()

    def _forget(self) -> None:
        finished = [number for number, job in self._jobs.items() if job.state not in ("waiting", "running")]
        for number in finished[: max(0, len(finished) - MOST_KEPT)]:
            proof = self._jobs.pop(number).proof
            if proof is not None:
                proof.unlink(missing_ok=True)

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
            job.step, job.done, job.total = step, done, total

        def show(so_far: dict[str, Any]) -> None:
            job.so_far = so_far

        work, job.work = job.work, None
        assert work is not None
        job.began = time.monotonic()
        try:
            outcome = work(progress, show, job.stop.is_set)
            job.result, job.start, job.proof = outcome.result, outcome.start, outcome.proof
            state = "cancelled" if job.stop.is_set() else "done"
        except CancelledError:
            state = "cancelled"
        except YiquanError as error:
            job.error = {**refusal(error), "name": name_of(error)}
            state = "cancelled" if job.stop.is_set() else "failed"
        except Exception:
            # a thread has nobody above it to log what goes wrong
            logger.exception("a siting question failed")
            job.error = INTERNAL
            state = "failed"
        with self._lock:
            if job.state == "running":
                job.ended, job.state = time.monotonic(), state

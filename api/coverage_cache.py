"""Coverage answers kept in memory: the same question is asked again and again, and costs a good part of a second."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class AnswerCache:
    """
    The last answers by question. Two who ask the same at the same time wait for one computation.

    A failed computation is not kept: the next one who asks tries again.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.answers: OrderedDict[tuple[str, ...], Future[Any]] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple[str, ...], compute: Callable[[], Any]) -> Any:
        """The answer to a question, computed if nobody has asked it lately."""
        with self.lock:
            answer = self.answers.get(key)
            is_ours = answer is None
            if answer is None:
                answer = self.answers[key] = Future()
                while len(self.answers) > self.size:
                    self.answers.popitem(last=False)
            self.answers.move_to_end(key)
        if is_ours:
            self.fulfil(key, answer, compute)
        return answer.result()

    def fulfil(self, key: tuple[str, ...], answer: Future[Any], compute: Callable[[], Any]) -> None:
        """Compute an answer for all who wait for it."""
        try:
            answer.set_result(compute())
        except BaseException as error:
            with self.lock:
                self.answers.pop(key, None)
            answer.set_exception(error)

"""
Where reports are made: one after the other, a few waiting, the last ones kept.

A report takes seconds of a core. Two at a time would make riders wait, so a second one waits for the first, and who
comes when several wait already is asked to come back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from geo.coverage.question import Question
from geo.errors import UnavailableError
from geo.services.planner_report import PlannerReport, report_on
from geo.services.scenario_report import ScenarioPart
from geo.snapshot.model import Snapshot
from web_map.report.render import Rendered, rendered

MOST_WAITING = 4
"""How many may wait for the report being made; each holds a thread of the service."""

KEPT_BYTES = 200_000_000
"""How many bytes of finished reports are kept; a GeoPackage of a large city has 50 million."""


class ReportsWaitingError(UnavailableError):
    """Several reports are being waited for already."""

    def __init__(self) -> None:
        super().__init__(
            f"A report is being made and {MOST_WAITING} more are waited for; ask again in a few seconds, or use "
            "`yiquan report` on the command line."
        )


class ReportDesk:
    """Makes reports and keeps the last ones, by snapshot, question, form, language and size."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.kept_bytes = kept_bytes
        self._files: OrderedDict[tuple[str, ...], Rendered] = OrderedDict()
        self._content: PlannerReport | None = None
        self._making, self._counting = threading.Lock(), threading.Lock()
        self._at_desk = 0

    def file(
        self,
        snapshot: Snapshot,
        question: Question,
        form: str,
        lang: str,
        size: str,
        scenario: ScenarioPart | None = None,
        run_id: int | None = None,
    ) -> Rendered:
        """
        A report as a file, made now unless it was made lately; a `scenario` brings its own question, `run_id` is the
        number of a stored run with the same answer.

        Raises
        ------
        ReportsWaitingError
            Several others wait already.
        ModeNotInSnapshotError, NoDemandError
            The snapshot has no streets for the mode, or no people of the layer asked for.
        """
        code = "" if scenario is None else scenario.code
        key = (snapshot.id, question.canonical(), form, lang, size if form == "png" else "", code, str(run_id))

        def make() -> Rendered:
            """Render what was asked for."""
            content = replace(self._answered(snapshot, question), scenario=scenario, run_id=run_id)
            return rendered(content, form, lang, size=size)

        return self._kept(key) or self._in_turn(key, make)

    def _in_turn(self, key: tuple[str, ...], make: Callable[[], Rendered]) -> Rendered:
        with self._counting:
            if self._at_desk > MOST_WAITING:
                raise ReportsWaitingError
            self._at_desk += 1
        try:
            with self._making:
                # somebody may have made it while this one waited
                return self._kept(key) or self._keep(key, make())
        finally:
            with self._counting:
                self._at_desk -= 1

    def _answered(self, snapshot: Snapshot, question: Question) -> PlannerReport:
        """What a report says of the city as it stands, kept too: who takes the PDF often takes the workbook next."""
        content = self._content
        if content is None or content.snapshot is not snapshot or content.question != question:
            self._content = None
            content = self._content = report_on(snapshot, question)
        return content

    def _kept(self, key: tuple[str, ...]) -> Rendered | None:
        with self._counting:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def _keep(self, key: tuple[str, ...], file: Rendered) -> Rendered:
        with self._counting:
            self._files[key] = file
            while len(self._files) > 1 and sum(len(one.body) for one in self._files.values()) > self.kept_bytes:
                self._files.popitem(last=False)
        return file

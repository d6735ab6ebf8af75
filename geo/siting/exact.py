"""
Mixed-integer programs over cover lists, solved by HiGHS.

Options are those that cover models need: presolve off for maximal covering (on it hours go by, ERGO-Code/HiGHS#2326,
and optima have been missed, #3094), one thread, no relative gap (the default of 1e-4 says "optimal" too early). What
HiGHS calls an objective is never reported: callers count the people of the sites it chose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np

from geo.types import Bools, Floats, Ints, Longs

INFINITE = highspy.kHighsInf


@dataclass
class Program:
    """
    A program to be maximised: columns with gains, bounds and integrality, rows added block by block.

    `row_names` are not needed by HiGHS; they let a caller find the price of a row.
    """

    gain: Floats
    upper: Floats
    integer: Bools
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    start: list[Longs] = field(default_factory=list)
    index: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    row_count: int = 0
    entry_count: int = 0

    def add_rows(self, start: Longs, index: Ints, value: Floats, low: Floats, high: Floats) -> int:
        """Add rows in compressed form; returns the number of the first."""
        first = self.row_count
        self.start.append(np.asarray(start[:-1], np.int64) + self.entry_count)
        self.index.append(np.asarray(index, np.int32))
        self.value.append(np.asarray(value, np.float64))
        self.low.append(np.asarray(low, np.float64))
        self.high.append(np.asarray(high, np.float64))
        self.row_count += len(start) - 1
        self.entry_count += len(index)
        return first

    def add_row(self, index: Ints | Longs, value: Floats, low: float, high: float) -> int:
        """Add one row; returns its number."""
        start = np.array([0, len(index)], np.int64)
        return self.add_rows(start, np.asarray(index, np.int32), value, np.array([low]), np.array([high]))


@dataclass(frozen=True)
class Outcome:
    """
    What HiGHS found: column values (None if none), its bound, whether it says that this is the best, or that there is
    nothing, and the prices of the rows of a relaxed program.
    """

    x: Floats | None
    bound: float
    is_optimal: bool
    is_infeasible: bool
    row_price: Floats


def solve_program(
    program: Program,
    *,
    seconds: float,
    start: Floats | None = None,
    presolve: bool = False,
    relaxed: bool = False,
    absolute_gap: float = 0.0,
) -> Outcome:
    """
    Maximise a program, or its relaxation, for some seconds; `start` is a feasible point to begin from.

    `absolute_gap` is how far apart answer and bound may be and still count as equal.
    """
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.gain), program.row_count
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = program.gain
    lp.col_lower_, lp.col_upper_ = np.zeros(len(program.gain)), program.upper
    lp.row_lower_, lp.row_upper_ = np.concatenate(program.low), np.concatenate(program.high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([*program.start, [program.entry_count]])
    lp.a_matrix_.index_, lp.a_matrix_.value_ = np.concatenate(program.index), np.concatenate(program.value)
    if not relaxed:
        kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
        lp.integrality_ = [kinds[int(whole)] for whole in program.integer]
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "output_flag": False,
        "threads": 1,
        "time_limit": max(float(seconds), 0.01),
        "presolve": "on" if presolve else "off",
        "mip_rel_gap": 0.0,
        "mip_abs_gap": absolute_gap,
        "mip_feasibility_tolerance": 1e-7,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    if start is not None and not relaxed:
        begin = highspy.HighsSolution()
        begin.col_value = start.tolist()
        highs.setSolution(begin)
    highs.run()
    info, status, solution = highs.getInfo(), highs.getModelStatus(), highs.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    bound = info.objective_function_value if relaxed else info.mip_dual_bound
    return Outcome(
        x=np.array(solution.col_value) if found else None,
        bound=float(bound),
        is_optimal=status == highspy.HighsModelStatus.kOptimal,
        is_infeasible=status == highspy.HighsModelStatus.kInfeasible,
        row_price=np.array(solution.row_dual) if relaxed and found else np.zeros(0),
    )


def chosen_in(outcome: Outcome, count: int) -> Longs:
    """Which of the first `count` columns are chosen."""
    if outcome.x is None:
        return np.zeros(0, np.int64)
    return np.flatnonzero(outcome.x[:count] > 0.5)

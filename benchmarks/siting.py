"""
Where the next stations go, beside what is known to be best and beside spopt: our value, bound, gap and time.

`python -m benchmarks siting`, or a part of it, `siting/medians siting/city`; what there is stands in `PARTS`. Published
instances are read from the shared data folder where it is at hand. spopt builds its models and hands them to HiGHS and
to CBC through pulp, in this same run, each with a time limit; a solver that meets it is not asked larger questions of
the same kind. Times are processor seconds.
"""

from __future__ import annotations

import csv
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Row
from geo.siting.center import solve_center
from geo.siting.certificate import check_certificate
from geo.siting.cover import CoverLists
from geo.siting.covering import CoverAnswer, Effort, solve_cover
from geo.siting.curve import gain_curve
from geo.siting.median import check_branches, solve_median
from geo.siting.problem import Question, Sites
from geo.siting.reach import lists_of_points
from geo.siting.smallest import smallest_for
from geo.streets.build import StreetWays, build_graph
from geo.streets.graph import HIGHWAYS
from geo.streets.modes import WALK
from geo.streets.snap import EdgeIndex
from geo.types import Floats, Ints, Longs

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "siting"
RADIUS_M = 800
SIDE = 245
"""Cells along one side of the synthetic city: 60,025 of them, each a candidate."""
SPACING_M = 131.0
LIMIT_DS = 13_900
"""A walk that reaches some 300 cells of the synthetic city."""
PEOPLE = 8_000_000
SPOPT_SECONDS, SHORT_SECONDS = 60, 20
"""Seconds either solver has for one question of spopt: of covering, and of medians and centres, most of which are out
of its reach."""
MEDIAN_EFFORT = Effort(seconds=60, blocks=8)
"""Eight blocks are some two processor seconds for the largest of the published medians, on any machine."""


def rows() -> Iterator[Row | str]:
    """Published instances, then a city."""
    for part in PARTS.values():
        yield from part()


def timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call gives, its processor and its wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    return found, time.process_time() - cpu, time.perf_counter() - wall


# ------------------------------------------------------------------------------------------------ published instances
def known(problem: str) -> list[tuple[str, int, int]]:
    """Instance, p and optimum of every published instance of a problem."""
    with (DATA / "known_optima.csv").open(encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["problem"] == problem]
    return [(row["instance"], int(row["p"]), int(row["optimum"])) for row in found]


def sjc(name: str) -> tuple[CoverLists, Floats]:
    """São José dos Campos: every point is demand and candidate, covered within 800 m as the crow flies."""
    place = np.loadtxt(DATA / "sjc" / f"{name}.txt", skiprows=1)
    people = np.loadtxt(DATA / "sjc" / f"demand-{name}.dat")
    apart = np.hypot(place[:, None, 0] - place[:, 0], place[:, None, 1] - place[:, 1])
    site, row = np.nonzero(apart <= RADIUS_M)
    return CoverLists.of(np.searchsorted(site, np.arange(len(place) + 1)), row.astype(np.int32), len(place)), people


def pmed(name: str) -> tuple[CoverLists, int]:
    """OR-Library p-median: shortest paths between all pairs. Of an edge given twice the last line holds."""
    from scipy.sparse.csgraph import floyd_warshall

    numbers = np.array((DATA / "pmed" / f"{name}.txt").read_text().split(), int)
    count, edges, choose = numbers[:3]
    apart = np.full((count, count), np.inf)
    for a, b, length in numbers[3 : 3 + 3 * edges].reshape(-1, 3):
        apart[a - 1, b - 1] = apart[b - 1, a - 1] = length
    np.fill_diagonal(apart, 0)
    times = floyd_warshall(apart).astype(np.int32).ravel()
    every = np.arange(count + 1) * count
    return CoverLists.of(every, np.tile(np.arange(count), count), count, times), int(choose)


def published(part: Callable[[Rivals], Iterator[Row | str]], seconds: int) -> Callable[[], Iterator[Row | str]]:
    """A part that needs the published instances: one sentence where they are not at hand."""

    def rows_of_part() -> Iterator[Row | str]:
        if not DATA.exists():
            yield f"{DATA} is not at hand: published instances are left out."
            return
        yield from part(Rivals(seconds))

    return rows_of_part


def published_covering(rivals: Rivals) -> Iterator[Row | str]:
    """SJC at 800 m, every p, with spopt beside us."""
    for name, choose, optimum in known("mclp"):
        lists, people = sjc(name)
        question = Question.of(lists, people, choose=choose)
        answer, cpu, wall = timed(partial(solve_cover, question, Effort(seconds=20)))
        bound = check_certificate(answer.certificate, question)
        if not answer.covered <= optimum <= min(answer.upper, bound):
            raise AssertionError(f"{name}, p = {choose}: {answer.covered} to {answer.upper} misses {optimum}.")
        yield (
            f"{name} p={choose}: {answer.covered:.0f} of {optimum}, bound {answer.upper:.0f}, certificate {bound:.0f}, "
            f"gap {answer.gap:.2%}, {answer.status.value}, {cpu:.2f} s"
        )
        yield Row("mclp", f"{name} p={choose}", "yiquan", 1000 * cpu, 1000 * wall)
        for found in rivals.covering(lists, people, choose):
            yield from found.rows("mclp", f"{name} p={choose}", cpu)


def published_medians(rivals: Rivals) -> Iterator[Row | str]:
    """pmed1–40."""
    worst, loosest = 0.0, 0.0
    for name, _, optimum in known("p-median"):
        lists, choose = pmed(name)
        assert lists.time_ds is not None
        beyond = int(lists.time_ds.max())
        question = Question.of(lists, np.ones(lists.row_count), choose=choose)
        answer, cpu, wall = timed(partial(solve_median, question, beyond, MEDIAN_EFFORT))
        bound = check_branches(answer.branches, question, np.full(lists.row_count, float(beyond)))
        if not bound <= optimum <= answer.cost:
            raise AssertionError(f"{name}: {bound} to {answer.cost} misses {optimum}.")
        worst, loosest = max(worst, answer.cost / optimum - 1), max(loosest, answer.gap)
        yield (
            f"{name} p={choose}: {answer.cost:.0f} of {optimum}, bound {answer.lower:.0f}, gap {answer.gap:.2%}, "
            f"{answer.status.value}, {cpu:.2f} s"
        )
        yield Row("p-median", name, "yiquan", 1000 * cpu, 1000 * wall)
        for found in rivals.ways("PMedian", lists, choose):
            yield from found.rows("p-median", name, cpu)
    yield f"p-median: worst {worst:.3%} above the optimum, loosest certified gap {loosest:.2%}"


def published_centres(rivals: Rivals) -> Iterator[Row | str]:
    """The same graphs, nobody very far."""
    for name, _, optimum in known("p-center"):
        lists, choose = pmed(name)
        question = Question.of(lists, np.ones(lists.row_count), choose=choose)
        answer, cpu, wall = timed(partial(solve_center, question, Effort(seconds=60)))
        if answer.radius_ds != optimum:
            raise AssertionError(f"{name}: {answer.radius_ds} is not the optimum {optimum}.")
        yield f"{name} p={choose}: radius {answer.radius_ds} of {optimum}, {answer.proof}, {cpu:.2f} s"
        yield Row("p-center", name, "yiquan", 1000 * cpu, 1000 * wall)
        for found in rivals.ways("PCenter", lists, choose):
            yield from found.rows("p-center", name, cpu)


# ---------------------------------------------------------------------------------------------------------------- spopt
@dataclass(frozen=True)
class Rival:
    """What spopt made of a question with one solver: the value of its sites (NaN if it found none) and its seconds."""

    solver: str
    value: float
    cpu_s: float
    wall_s: float
    limit_s: int

    def rows(self, work: str, data: str, ours_cpu_s: float) -> Iterator[Row | str]:
        """One answer in words and as a row."""
        if not np.isfinite(self.value):
            yield f"    spopt with {self.solver}: no answer in {self.limit_s} s of its solver, not asked again"
            return
        times = self.cpu_s / max(ours_cpu_s, 1e-3)
        yield f"    spopt with {self.solver}: {self.value:.0f}, {self.cpu_s:.2f} s, {times:.0f} times ours"
        yield Row(work, data, f"spopt {self.solver}", 1000 * self.cpu_s, 1000 * self.wall_s)


class Rivals:
    """spopt with HiGHS and with CBC, each as long as it finishes in time."""

    def __init__(self, seconds: int = SPOPT_SECONDS) -> None:
        self.seconds = seconds
        try:
            import pulp
        except ImportError:
            self.solvers: dict[str, Callable[[], Any]] = {}
            return
        self.solvers = {
            "HiGHS": lambda: pulp.HiGHS(msg=False, threads=1, timeLimit=seconds),
            "CBC": lambda: pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=seconds),
        }

    def covering(self, lists: CoverLists, people: Floats, choose: int) -> Iterator[Rival]:
        """People covered with `choose` sites."""
        from spopt.locate import MCLP

        site = np.repeat(np.arange(lists.site_count), np.diff(lists.site_start))
        cost = np.full((lists.row_count, lists.site_count), 2.0)
        cost[lists.site_row, site] = 1.0

        def value(model: Any) -> float:
            chosen = np.flatnonzero([variable.value() > 0.5 for variable in model.fac_vars])
            return float(people[lists.counts(chosen) > 0].sum())

        yield from self._asked(lambda: MCLP.from_cost_matrix(cost, people, 1.0, p_facilities=choose), value)

    def ways(self, problem: str, lists: CoverLists, choose: int) -> Iterator[Rival]:
        """The sum (PMedian) or the longest (PCenter) of all ways to the nearest of `choose` sites."""
        from spopt import locate

        assert lists.time_ds is not None
        times = lists.time_ds.reshape(lists.site_count, lists.row_count).T.astype(np.float64)
        given = {"weights": np.ones(lists.row_count)} if problem == "PMedian" else {}

        def value(model: Any) -> float:
            nearest = times[:, [variable.value() > 0.5 for variable in model.fac_vars]].min(axis=1)
            return float(nearest.sum() if problem == "PMedian" else nearest.max())

        model_of = getattr(locate, problem).from_cost_matrix
        yield from self._asked(lambda: model_of(times, p_facilities=choose, **given), value)

    def _asked(self, build: Callable[[], Any], value: Callable[[Any], float]) -> Iterator[Rival]:
        """Build and solve with every solver that still finishes; who meets the limit is left out from then on."""
        import pulp

        for name, solver in list(self.solvers.items()):

            def run(solver: Callable[[], Any] = solver) -> tuple[Any, float]:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model = build()
                    began = time.perf_counter()
                    return model.solve(solver(), results=False), time.perf_counter() - began

            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                (model, solving), cpu, wall = timed(run)
            except (RuntimeError, pulp.PulpError):
                del self.solvers[name]
                yield Rival(name, float("nan"), 0.0, 0.0, self.seconds)
                continue
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            # CBC is a process of its own
            cpu += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if solving >= self.seconds:
                del self.solvers[name]
                yield Rival(name, float("nan"), cpu, wall, self.seconds)
            else:
                yield Rival(name, value(model), cpu, wall, self.seconds)


# --------------------------------------------------------------------------------------------------------------- a city
@dataclass(frozen=True)
class SitingCity:
    """Sixty thousand cells that are demand and candidates, and stations that stand in some of them."""

    lists: CoverLists
    people: Floats
    stations: Ints

    def question(self, standing: int, choose: int, **roles: Any) -> Question:
        """`choose` sites beside the first `standing` stations."""
        sites = Sites.of(self.lists.site_count, standing=self.stations[:standing], **roles)
        return Question.of(self.lists, self.people, sites=sites, choose=choose)


def lattice_ways(random: np.random.Generator) -> tuple[StreetWays, Floats, Floats]:
    """
    A triangular lattice of crossings, an eighth of its streets missing, the others up to 1.6 times as long as straight.
    """
    column, line = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    x, y = ((column + 0.5 * (line % 2)) * SPACING_M).ravel(), (line * 0.866 * SPACING_M).ravel().astype(np.float64)
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    even, odd = number[:-1:2], number[1::2]
    tops = number[2::2]
    pairs = [
        (number[:, :-1], number[:, 1:]),
        (even, odd[: len(even)]),
        (even[:, 1:], odd[: len(even), :-1]),
        (odd[: len(tops)], tops),
        (odd[: len(tops), :-1], tops[:, 1:]),
    ]
    tail = np.concatenate([a.ravel() for a, _ in pairs])
    head = np.concatenate([b.ravel() for _, b in pairs])
    built = random.random(len(tail)) > 0.12
    tail, head = tail[built], head[built]
    # a bend half-way makes the street longer than the straight line
    stretch = random.uniform(1.0, 1.6, len(tail))
    east, north = x[head] - x[tail], y[head] - y[tail]
    aside = 0.5 * np.sqrt(stretch**2 - 1)
    bend_x, bend_y = (x[tail] + x[head]) / 2 - aside * north, (y[tail] + y[head]) / 2 + aside * east
    lon = 120.0 + np.concatenate([x, bend_x]) / 90_100
    lat = 36.0 + np.concatenate([y, bend_y]) / 110_970
    refs = np.column_stack((tail, len(x) + np.arange(len(tail)), head)).ravel()
    count = len(tail)
    ways = StreetWays(
        node_id=np.arange(len(lon)),
        node_lon=lon,
        node_lat=lat,
        refs=refs,
        way_start=np.arange(0, len(refs) + 1, 3),
        way_id=np.arange(count),
        highway=np.full(count, HIGHWAYS.index("residential"), np.uint8),
        name_id=np.full(count, -1, np.int32),
        names=[],
        directions={"walk": np.full(count, 3, np.uint8)},
        barriers={"walk": np.empty(0, np.int64)},
    )
    return ways, x, y


def build_city() -> tuple[SitingCity, float]:
    """The city, the same every time, and the processor seconds its cover lists took."""
    random = np.random.default_rng(7)
    ways, x, y = lattice_ways(random)
    density = np.zeros(len(x))
    for _ in range(6):
        at_x, at_y = random.uniform(0, x.max()), random.uniform(0, y.max())
        width = random.uniform(0.06, 0.15) * x.max()
        density += random.uniform(2, 10) * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * width**2))
    density = (density + 0.3) * random.lognormal(0, 0.8, len(x))
    people = np.maximum(1, np.rint(density / density.sum() * PEOPLE))
    weight = people**0.6
    stations = random.choice(len(x), 784, replace=False, p=weight / weight.sum())
    graph, _ = build_graph(ways, WALK)
    points = EdgeIndex(graph).snap(ways.node_lon[: len(x)], ways.node_lat[: len(x)])
    lists, cpu, _ = timed(lambda: lists_of_points(graph, points, points, LIMIT_DS))
    return SitingCity(lists, people, stations.astype(np.int32)), cpu


@cache
def the_city() -> SitingCity:
    """The city of this run; a small question warms the compiled parts up, so that no later one pays for that."""
    city, _ = build_city()
    solve_cover(city.question(784, 10), Effort(blocks=1))
    return city


def city_answers(standing: int, target: float, seconds: float, numbers: tuple[int, ...]) -> Iterator[Row | str]:
    """The most people with `numbers` of sites beside some standing stations."""
    city = the_city()
    for choose in numbers:
        question = city.question(standing, choose)
        answer, cpu, wall = timed(partial(solve_cover, question, Effort(seconds=seconds, target=target)))
        yield city_line(f"{standing} stations, p={choose}", question, answer, cpu, wall)
        yield Row("mclp, city", f"{standing} stations, p={choose}", "yiquan", 1000 * cpu, 1000 * wall)


def city_size() -> Iterator[Row | str]:
    """How large the city is."""
    (city, cpu, wall) = timed(the_city)
    pairs = len(city.lists.site_row)
    yield (
        f"city: {city.lists.row_count:,} cells, as many candidates, {pairs / city.lists.site_count:.0f} cells a site, "
        f"made and warmed up in {cpu:.1f} s"
    )
    yield Row("cover lists and warming up", "60,025 cells", "yiquan", 1000 * cpu, 1000 * wall)


def peak_memory() -> Iterator[Row | str]:
    """The most memory this process has held."""
    yield f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB, everything before included"


def city_line(name: str, question: Question, answer: CoverAnswer, cpu: float, wall: float) -> str:
    """
    One answer in words; its certificate is checked anew. Where sites opened in part cover more than the answer, no
    prices can bring the gap below what is said.
    """
    before = answer.before
    assert answer.certificate is not None
    bound = check_certificate(answer.certificate, question)
    if before + bound < answer.covered:
        raise AssertionError(f"{name}: the certificate proves {bound}, below what was found.")
    shape = " x ".join(f"{part:,}" for part in answer.reduced_to)
    left = (answer.relaxed - answer.covered) / max(answer.gained, 1.0)
    relaxed = f", {left:.2%} of it the relaxation's own" if left > 0 else ""
    return (
        f"{name}: {before:,.0f} + {answer.gained:,.0f} people, gap {answer.gap:.2%}{relaxed} ({answer.proof}), "
        f"{answer.status.value}, reduced to {shape}, {cpu:.2f} s (wall {wall:.1f} s)"
    )


def city_curve() -> Iterator[Row | str]:
    """The certified curve of 150 sites."""
    city = the_city()
    question = city.question(784, 1)
    curve, cpu, wall = timed(lambda: gain_curve(question, 150))
    yield (
        f"curve p=1…150: gap at most {curve.gap.max():.2%}, {curve.gap.mean():.2%} on average, knee at {curve.knee}, "
        f"{cpu:.2f} s"
    )
    yield Row("curve of 150", "784 stations", "yiquan", 1000 * cpu, 1000 * wall)
    target = float(city.people.sum()) - city_missing(city) + 0.5 * curve.gained[-1]
    answer, cpu, wall = timed(lambda: smallest_for(question, target))
    yield f"sites for half of that: {answer.lower:.0f} to {answer.cost:.0f} ({answer.proof}), {cpu:.2f} s"


def city_missing(city: SitingCity) -> float:
    """People whom no station covers."""
    return float(city.people[city.lists.counts(city.stations) == 0].sum())


def city_what_if() -> Iterator[Row | str]:
    """Forbid five chosen, force three, close a station, weigh a quarter of the city by half more."""
    city = the_city()
    answer = solve_cover(city.question(784, 50), Effort(target=0.0035))
    chosen: Longs = answer.chosen
    heavier = city.people.copy()
    heavier[: len(heavier) // 4] = np.rint(heavier[: len(heavier) // 4] * 1.5)
    closed = Sites.of(city.lists.site_count, standing=city.stations[1:784])
    questions = {
        "forbid five": city.question(784, 50, forbidden=chosen[:5]),
        "force three": city.question(784, 50, forced=np.setdiff1d(np.arange(3000, 3006), city.stations)[:3]),
        "close one": Question.of(city.lists, city.people, sites=closed, choose=50),
        "weigh a quarter": Question.of(city.lists, heavier, sites=city.question(784, 50).sites, choose=50),
    }
    for name, question in questions.items():
        again, cpu, wall = timed(
            partial(solve_cover, question, Effort(target=0.0035), start=chosen, dual=answer.certificate)
        )
        yield f"what if, {name}: gap {again.gap:.2%}, {cpu:.2f} s"
        yield Row("what if", name, "yiquan", 1000 * cpu, 1000 * wall)


def beside_spopt() -> Iterator[Row | str]:
    """Growing squares of the city with every cell a candidate, until spopt no longer finishes."""
    city, rivals = the_city(), Rivals()
    for side, choose in ((20, 4), (30, 8), (40, 12), (50, 20), (60, 30)):
        if not rivals.solvers:
            return
        cells = (np.arange(side)[:, None] * SIDE + np.arange(side)).ravel()
        number = np.full(city.lists.row_count, -1, np.int32)
        number[cells] = np.arange(len(cells), dtype=np.int32)
        part = city.lists.part(cells.astype(np.int64), number, len(cells))
        people = city.people[cells]
        question = Question.of(part, people, choose=choose)
        name = f"{len(cells)} cells, p={choose}"
        ours, cpu, wall = timed(partial(solve_cover, question, Effort(seconds=30, target=0.001)))
        yield f"{name}: {ours.covered:.0f}, gap {ours.gap:.2%} ({ours.proof}), {cpu:.2f} s"
        yield Row("mclp beside spopt", name, "yiquan", 1000 * cpu, 1000 * wall)
        for found in rivals.covering(part, people, choose):
            yield from found.rows("mclp beside spopt", name, cpu)


PARTS: dict[str, Callable[[], Iterator[Row | str]]] = {
    "covering": published(published_covering, SPOPT_SECONDS),
    "medians": published(published_medians, SHORT_SECONDS),
    "centres": published(published_centres, SHORT_SECONDS),
    "city": city_size,
    "784": partial(city_answers, 784, 0.0035, 10.0, (1, 5, 10, 20, 35, 50, 75, 100)),
    "what-if": city_what_if,
    "curve": city_curve,
    "100": partial(city_answers, 100, 0.01, 30.0, (10, 50, 100)),
    "nothing": partial(city_answers, 0, 0.015, 60.0, (10, 50, 100)),
    "spopt": beside_spopt,
    "memory": peak_memory,
}
"""What can be asked for alone, in the order of a whole run."""

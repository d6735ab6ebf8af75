"""What is asked when a union asks where to build: the task, what may be spent, what must hold, and for whom."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from geo.coverage.question import DS_PER_MINUTE, LONGEST_MINUTES, Question
from geo.errors import ConflictError, InputError
from geo.places.hours import Slot
from geo.services.siting.candidates import LEFT_OUT, Wish

if TYPE_CHECKING:
    from geo.siting.certificate import Certificate
    from geo.types import Longs

TASKS: Final = ("most", "share", "all", "backup", "median", "center", "capacity")
MOST_SITES = 500
MOST_SLOTS = 12
MOST_EXTENSIONS = 200
LONGEST_SECONDS = 300.0
FARTHER = 3.0
"""Ways are looked at so many times as far as the service circle, where nobody says how far."""
FARTHEST_AT_LEAST = 30.0
"""And no less far than this (in minutes)."""

_COUNTED: Final = frozenset({"choose", "force", "forbid", "layers"})
GOES_WITH: Final[Mapping[str, frozenset[str]]] = {
    "most": _COUNTED | {"budget", "floor", "street_floor", "slots", "extend", "may_close", "keep_cost", "default_cost"},
    "share": frozenset({"share", "force", "forbid", "layers"}),
    "all": frozenset({"force", "forbid", "layers"}),
    "backup": _COUNTED | {"budget", "slots", "extend", "may_close", "keep_cost", "default_cost"},
    "median": _COUNTED | {"farthest", "may_close"},
    "center": _COUNTED | {"farthest", "may_close"},
    "capacity": _COUNTED
    | {"budget", "may_close", "keep_cost", "default_cost", "capacity", "standing_capacity", "per_seat"},
}
"""What may be said beside each task; anything else would be ignored, so it is refused."""

NAMES: Final = {
    "choose": ("站数", "a number of sites"),
    "budget": ("预算", "a budget"),
    "share": ("覆盖率目标", "a share"),
    "floor": ("各区底线", "a floor in every district"),
    "street_floor": ("各街道底线", "a floor in every street"),
    "layers": ("需求图层权重", "weights of demand layers"),
    "slots": ("多个时段", "several hours"),
    "extend": ("延长开放时间", "longer hours of a station"),
    "may_close": ("可关闭的站", "stations that may close"),
    "keep_cost": ("保留一站的费用", "a cost of keeping a station"),
    "default_cost": ("默认费用", "a usual cost"),
    "farthest": ("最远路程", "a farthest way"),
    "capacity": ("每站服务人数", "a capacity"),
    "standing_capacity": ("现有站服务人数", "a capacity of standing stations"),
    "per_seat": ("每座服务人数", "people per seat"),
    "force": ("必选的候选点", "forced candidates"),
    "forbid": ("禁选的候选点", "forbidden candidates"),
    "second": ("第二个站的价值", "a worth of a second station"),
    "seconds": ("求解秒数", "a number of seconds"),
    "target": ("可接受的差距", "a gap that is good enough"),
}
"""How sentences call what a question says, in Chinese and English."""

TASK_NAMES: Final = {
    "most": ("覆盖最多人", "most people"),
    "share": ("达到覆盖率", "reach a share"),
    "all": ("覆盖所有人", "reach everybody"),
    "backup": ("双重覆盖", "a second station near"),
    "median": ("平均路程最短", "short ways on average"),
    "center": ("最远的人最近", "nobody very far"),
    "capacity": ("容量", "room for most people"),
}
"""What each task is called, in Chinese and English."""


class SitingQuestionError(InputError):
    """A siting question that cannot be asked like this; `zh` says it in Chinese."""

    def __init__(self, en: str, zh: str, **facts: Any) -> None:
        super().__init__(en)
        self.zh = zh
        self.facts = facts


class UnknownCandidateError(InputError):
    """A candidate is named that is none."""

    def __init__(self, key: str, reason: str | None) -> None:
        why = "is no candidate of this question" if reason is None else f"was left out: {LEFT_OUT[reason][1]}"
        super().__init__(f"`{key[:80]}` {why}; name a candidate by the key that an answer gives it.")
        zh = "不是这个问题的候选点" if reason is None else f"没有参加选择：{LEFT_OUT[reason][0]}"
        self.zh = f"“{key[:80]}”{zh}；请用答案里给出的编号指定候选点。"
        self.facts = {"key": key[:80], "reason": reason}


class CancelledError(ConflictError):
    """The work was stopped before there was a first answer."""

    zh = "问题在得出答案之前已停止，可以重新提问。"

    def __init__(self) -> None:
        super().__init__("The question was cancelled before there was an answer; ask it again.")


@dataclass(frozen=True, slots=True)
class AskedHour:
    """An hour of the week that counts, and how much; `at` is written as in a coverage question."""

    at: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a weight that is none, and bring the hour to its one form."""
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise SitingQuestionError(
                f"The hour {self.at[:40]} has a weight of {self.weight:g}; give more than zero, or leave the hour out.",
                f"时段“{self.at[:40]}”的权重是 {self.weight:g}；请给大于 0 的数，或不列这个时段。",
            )
        object.__setattr__(self, "at", str(Slot.parse(self.at)))


@dataclass(frozen=True, slots=True)
class Extension:
    """A standing station that could keep longer hours (the whole week, not only what is added), at a cost."""

    station: int
    hours: str
    cost: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a cost that no budget can hold."""
        if not 0 < self.cost <= 1e12:
            raise SitingQuestionError(
                f"Longer hours of station {self.station} cost {self.cost:g}; give more than zero, at most 1e12.",
                f"站点 {self.station} 延长开放的费用是 {self.cost:g}；请给大于 0、不超过 1e12 的数。",
            )


@dataclass(frozen=True, eq=False)
class Start:
    """
    An answer to begin from: what it chose, and the prices that bounded it.

    They mean something on the same cover lists only: `lists` names those.
    """

    input_hash: str
    lists: str
    chosen: Longs
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class Siting:
    """
    What is asked: which stations count (`question`), which places may become one (`wish`), and how many or how much.

    `most`: the most people with `choose` new stations, or with a `budget`. `share`: the fewest stations that bring
    `share` (0 to 1) of the city's people within reach; `all`: everybody whom any candidate reaches. `backup`: as
    `most`, where a second station within reach is worth `second` (0 to 1) of a first. `median`: the shortest mean way
    to the nearest station, whoever has none within `farthest` minutes counting that; `center`: the longest way of
    anybody within `farthest` as short as possible. `capacity`: as `most`, where a station serves `capacity` people
    at most (standing ones `standing_capacity`), or `per_seat` people per seat where a list states the seats.

    With an `area` (code or name of a district or street) only its people count and only candidates in it take part;
    stations around it still serve it. `layers` weighs several demand layers against one another (else that of the
    question counts), `slots` several hours of the week; `extend` are longer hours of standing stations that compete
    with new ones for the same budget (with `choose`, a new station costs one). `floor` and `street_floor` (0 to 1)
    are the least shares covered in every district and street. Candidates are named by their key in `force` and
    `forbid`, stations by their number in `may_close`: each of these counts as one of the places, or costs
    `keep_cost` to keep, so that closing it pays for another. `start` is an answer to begin from, as for a what-if in
    a meeting: what lies within a small gap is good enough then.
    """

    question: Question
    wish: Wish = field(default_factory=Wish)
    task: str = "most"
    choose: int | None = None
    budget: float | None = None
    share: float | None = None
    second: float = 0.3
    floor: float | None = None
    street_floor: float | None = None
    area: str | None = None
    layers: tuple[tuple[str, float], ...] = ()
    slots: tuple[AskedHour, ...] = ()
    extend: tuple[Extension, ...] = ()
    farthest: float | None = None
    capacity: float | None = None
    standing_capacity: float | None = None
    per_seat: float = 1.0
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    may_close: tuple[int, ...] = ()
    default_cost: float | None = None
    keep_cost: float | None = None
    seed: int = 1
    seconds: float = 10.0
    target: float = 0.0
    with_curve: bool = True
    start: Start | None = None

    def __post_init__(self) -> None:
        """Refuse what no answer could be given to, and bring layers to one order."""
        if self.task not in TASKS:
            raise SitingQuestionError(
                f"`{self.task[:40]}` is no task; there are {', '.join(TASKS)}.",
                f"没有“{self.task[:40]}”这种任务；可选：{'、'.join(TASKS)}。",
            )
        self._require_ranges()
        self._require_fitting()
        self._require_amount()
        self._require_demand()

    def _require_ranges(self) -> None:
        for name, low, high in (
            ("choose", 1, MOST_SITES),
            ("budget", 0, 1e12),
            ("share", 0, 1),
            ("second", 0, 1),
            ("floor", 0, 1),
            ("street_floor", 0, 1),
            ("farthest", self.question.minutes, LONGEST_MINUTES),
            ("capacity", 0.01, 1e9),
            ("standing_capacity", 0, 1e9),
            ("per_seat", 0.01, 1e6),
            ("default_cost", 0, 1e12),
            ("keep_cost", 0.01, 1e12),
            ("seconds", 0.1, LONGEST_SECONDS),
            ("target", 0, 1),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                zh, en = NAMES[name]
                raise SitingQuestionError(
                    f"{en[0].upper()}{en[1:]} of {value:g} is out of range; give {low:g} to {high:g}.",
                    f"{zh} {value:g} 超出范围；请给 {low:g} 到 {high:g}。",
                    parameter=name,
                )

    def _require_fitting(self) -> None:
        """Nothing is said that the task has no use for."""
        defaults = {name: Siting.__dataclass_fields__[name].default for name in NAMES}
        for name, default in defaults.items():
            said = getattr(self, name) != default
            if said and name not in GOES_WITH[self.task] and name not in ("second", "seconds", "target"):
                zh, en = NAMES[name]
                raise SitingQuestionError(
                    f"The task {self.task} ({TASK_NAMES[self.task][1]}) has no use for {en}; leave it out.",
                    f"任务“{TASK_NAMES[self.task][0]}”用不到{zh}，请去掉。",
                    parameter=name,
                )

    def _require_amount(self) -> None:
        takes_budget = "budget" in GOES_WITH[self.task]
        if self.task == "share" and self.share is None:
            raise SitingQuestionError(
                "For the task share give a share, and neither a number of sites nor a budget.",
                "任务“达到覆盖率”要给出覆盖率目标，不要给站数或预算。",
            )
        if takes_budget and (self.choose is None) == (self.budget is None):
            raise SitingQuestionError("Give either a number of sites or a budget.", "请给出站数或预算，二者选一。")
        if "choose" in GOES_WITH[self.task] and not takes_budget and self.choose is None:
            raise SitingQuestionError(
                f"The task {self.task} chooses a number of sites; give it.",
                f"任务“{TASK_NAMES[self.task][0]}”需要给出站数。",
            )
        if self.task == "capacity" and self.capacity is None:
            raise SitingQuestionError(
                "Say how many people one station serves.", "请给出每个站能服务多少人。", parameter="capacity"
            )
        if self.budget is not None and self.may_close and self.keep_cost is None:
            raise SitingQuestionError(
                "Say what it costs to keep a station, so that closing it frees something.",
                "请给出保留一站的费用，这样关站才能省出预算。",
                parameter="keep_cost",
            )

    def _require_demand(self) -> None:
        for code, weight in self.layers:
            if not (math.isfinite(weight) and 0 < weight <= 1e6):
                raise SitingQuestionError(
                    f"The layer {code[:40]} has a weight of {weight:g}; give more than zero, or leave the layer out.",
                    f"图层“{code[:40]}”的权重是 {weight:g}；请给大于 0 的数，或不列这个图层。",
                    parameter="layers",
                )
        object.__setattr__(self, "layers", tuple(sorted(self.layers)))
        if len({code for code, _ in self.layers}) < len(self.layers):
            raise SitingQuestionError("A demand layer is named twice; weigh each once.", "有图层重复；每层只列一次。")
        for what, most in (("slots", MOST_SLOTS), ("extend", MOST_EXTENSIONS), ("layers", MOST_SLOTS)):
            if len(getattr(self, what)) > most:
                zh, en = NAMES[what]
                raise SitingQuestionError(f"There are too many of {en}; give at most {most}.", f"{zh}最多 {most} 项。")
        if self.slots and self.question.at is not None:
            raise SitingQuestionError(
                "Ask either about one hour (`at`) or about several (`slots`).", "请只问一个时段，或改用多个时段。"
            )
        if len({one.at for one in self.slots}) < len(self.slots):
            raise SitingQuestionError("An hour is named twice; weigh each once.", "有时段重复；每个时段只列一次。")
        if self.extend and not self.slots and self.question.at is None:
            raise SitingQuestionError(
                "Longer hours matter at some hour only: ask about one hour or several.",
                "延长开放时间只在具体时段才有意义：请给出时段。",
                parameter="extend",
            )
        floors = self.floor is not None or self.street_floor is not None
        if floors and (len(self.layers) > 1 or self.hours_asked):
            raise SitingQuestionError(
                "A floor counts the people of one layer at one hour; leave out layers, slots and longer hours.",
                "底线只按一个图层、一个时段计算；请去掉多图层、多时段和延长开放。",
            )

    @property
    def is_priced(self) -> bool:
        """Whether candidates cost what they cost, and not one each."""
        return self.budget is not None

    @property
    def is_timed(self) -> bool:
        """Whether the task looks at how long ways are, and not only at who is within the limit."""
        return self.task in ("median", "center")

    @property
    def weights(self) -> tuple[tuple[str, float], ...]:
        """The demand layers that count, each with its weight."""
        return self.layers or ((self.question.demand, 1.0),)

    @property
    def hours_asked(self) -> tuple[AskedHour, ...]:
        """The hours that places are looked at one by one; none where one state of the city is enough."""
        if self.slots or not self.extend:
            return self.slots
        return (AskedHour(self.question.at or ""),)

    @property
    def first_question(self) -> Question:
        """The one coverage question that stands for the whole: the heaviest hour and layer, the first of equals."""
        demand = max(self.weights, key=lambda one: one[1])[0]
        at = max(self.slots, key=lambda one: one.weight).at if self.slots else self.question.at
        return replace(self.question, demand=demand, at=at)

    @property
    def farthest_ds(self) -> int:
        """How long ways are looked at, in deciseconds."""
        usual = min(LONGEST_MINUTES, max(FARTHER * self.question.minutes, FARTHEST_AT_LEAST))
        return round((usual if self.farthest is None else self.farthest) * DS_PER_MINUTE)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain data, every part named."""
        apart = ("question", "wish", "layers", "slots", "extend", "start")
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in apart}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return {
            **self.question.as_dict(),
            **self.wish.as_dict(),
            **plain,
            "layers": dict(self.layers),
            "slots": [{"at": one.at, "weight": one.weight} for one in self.slots],
            "extend": [{"station": one.station, "hours": one.hours, "cost": one.cost} for one in self.extend],
            "began_from": None if self.start is None else self.start.input_hash,
        }

    def canonical(self) -> str:
        """The question as the one text that equal questions share."""
        return json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

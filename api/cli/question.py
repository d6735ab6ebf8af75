"""The options of a coverage question, written once for every command that asks one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from geo.coverage.question import Question

Words = list[str]
Command = Callable[..., None]


def question_of(
    mode: Annotated[str, typer.Option(help="walk or ebike.")] = "walk",
    minutes: Annotated[float, typer.Option(help="The service circle in minutes.")] = 10.0,
    at: Annotated[
        str | None, typer.Option(help='Hour of the week, e.g. "weekday 19:00": only stations open then count.')
    ] = None,
    types: Annotated[
        Words | None, typer.Option("--type", help="Facility type, by code or Chinese word; repeat for several.")
    ] = None,
    networks: Annotated[Words | None, typer.Option("--network", help="Network; repeat for several.")] = None,
    classes: Annotated[Words | None, typer.Option("--class", help="Facility class; repeat for several.")] = None,
    amenities: Annotated[
        Words | None, typer.Option("--amenity", help="Amenity that must be there; repeat: all must.")
    ] = None,
    entry: Annotated[Words | None, typer.Option("--entry", help="Entry method; repeat for several.")] = None,
    groups: Annotated[Words | None, typer.Option("--group", help="User group; repeat for several.")] = None,
    demand: Annotated[str, typer.Option(help="Demand layer whose people are counted.")] = "residents",
) -> Question:
    """The question that the options ask; raises InputError for words their lists do not hold."""
    return Question(
        mode=mode,
        minutes=minutes,
        at=at,
        types=tuple(types or ()),
        networks=tuple(networks or ()),
        classes=tuple(classes or ()),
        amenities=tuple(amenities or ()),
        entry=tuple(entry or ()),
        groups=tuple(groups or ()),
        demand=demand,
    )


def asks_question(*, hour: bool = True) -> Callable[[Command], Command]:
    """
    Give a command the options of a question in the place of its parameter `question`.

    Without `hour` the option `--at` is left out, for commands that ask about every hour themselves. The command line
    library reads a command's options from its signature, so that is what is put together here.
    """
    options = inspect.signature(question_of, eval_str=True).parameters
    taken = [option for name, option in options.items() if hour or name != "at"]

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*taken, *own)
            if parameter.name != "question"
        ]

        @functools.wraps(command)
        def asked(**given: Any) -> None:
            question = question_of(**{option.name: given.pop(option.name) for option in taken})
            command(question=question, **given)

        del asked.__dict__["__wrapped__"]  # else the command's own signature would be found behind the new one
        asked.__dict__["__signature__"] = inspect.Signature(parameters)
        asked.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return asked

    return decorate

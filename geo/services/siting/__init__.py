"""
Where the next stations should go: questions over a snapshot, answered with a bound on the best possible.

`question` says what is asked, `candidates` and `checklist` where a station could open, `lists` who is reached from
there, `posed` what the solver is given, `tasks` what it answers, `proofs` how that is checked, `planning` the answer
whole; `check` looks at one address. `words`, `sentences` and `refusals` tell all of it in both languages, and `drafts`
keeps it as a scenario.
"""

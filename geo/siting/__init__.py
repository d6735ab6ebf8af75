"""
Where the next stations go: covering, medians, centres, each answer with a proven distance to the best possible.

Pure computation over arrays: nothing here reads a database or knows a host, a district's name or a page. Candidates,
stored scenarios, jobs and files are the business of `geo.services`.

From streets to lists
    ``rows = reach.street_rows(graph, grid, people, sites, limit_ds, overhead_ds=…)`` cuts the inhabited streets where
    the reach of some site begins or ends. ``rows.lists`` says which site reaches which part, ``rows.people`` who lives
    there, ``rows.cell`` which cell of the grid it lies in (for labels: ``district_of_cell[rows.cell]``). `sites` are
    snaps: candidates first or stations first, as you like; their row numbers are the *site numbers* of everything
    below. What an answer covers is what `geo.coverage.field` counts with these sites. For tens of thousands of
    candidates: ``reach.lists_of_points(graph, grid.centre, sites, limit_ds)``, judged at the points (with times, so
    that ``lists.within(shorter_ds)`` is a filter, and medians and centres can be asked). Rows in any order are right;
    rows in ``cover.spatial_order(x, y)`` are quick.

From lists to a question
    ``sites = problem.Sites.of(count, cost=…, standing=…, closable=…, forced=…, forbidden=…)`` and
    ``question = problem.Question.of(lists, people, sites=sites, choose=5)`` or ``budget=200_000.0``; ``label=`` and
    ``label_names=`` for floors by district. A `closable` station counts only if its cost of being kept is spent: the
    closed ones are ``np.setdiff1d(closable, answer.chosen)``. Hours: ``hours.question_of_hours(lists, people_by_slot,
    hours.Ways(site, is_open, cost), standing=…, standing_open=…, budget=…)``; a site number is then a way. Demand
    layers: ``hours.stacked`` and ``hours.over_layers``.

Answers
    ============================  =====================================================================================
    most people                   ``covering.solve_cover(question, effort)`` → `CoverAnswer`; step by step
                                  ``covering.improving_cover``; `start=` and `dual=` take over the sites and the
                                  certificate of an earlier answer over the same rows, whatever was asked then
    how many sites for everybody  ``smallest.smallest_cover(question, effort)`` → `SmallestAnswer`
    how many sites for X people   ``smallest.smallest_for(question, people, effort)``
    short ways on average         ``median.solve_median(question, beyond_ds, effort)``; ``median.improving_median``
    nobody very far               ``center.solve_center(question, effort)``
    no district left behind       ``equity.solve_with_floors(question, floors, effort)`` → with its price;
                                  ``equity.highest_floor``; ``equity.price_of_equity`` for a curve
    a second station near         ``backup.solve_backup(question, beta, effort)``
    seats (one district at most)  ``capacity.solve_capacity(question, capacity, effort)``
    gain of p = 1 … n, knee       ``curve.gain_curve(question, n, effort)``
    ============================  =====================================================================================

    ``covering.Effort(seconds=10, target=0.01, blocks=…, seed=1, cancelled=flag)`` says how long; every answer has
    `chosen` (site numbers in building order), its value, a bound on the best possible (`upper` or `lower`), `gap` (0.01
    is one per cent; of what is *newly* covered), `status` (PROVED, WITHIN the target, STOPPED), `seconds`, and `proof`:
    "certificate" where stored numbers prove the bound, "branch and bound" where HiGHS has to be trusted.

Proof
    ``certificate.check_certificate(answer.certificate, question)`` finds the bound anew in whole numbers on the raw
    lists; ``smallest.check_smallest(answer.prices, question)``, ``median.check_branches(answer.branches, question,
    far)``, ``equity.check_floors``, ``backup.check_backup(answer.certificate, question, beta)`` and
    ``capacity.check_capacity(answer.certificate, question, capacity)`` likewise. Store `certificate.row`, `u_grains`,
    `bound`, `fingerprint`. Where `proof` is "branch and bound" the certificate proves its own, weaker `bound`.

Reasons
    ``explain.explain(question, chosen)`` (per site: people, sole, shared, marginal, per cost, alternatives within 1 %
    of the gain; overlap; standing stations that lose their sole role), ``explain.why_outside`` (a reason per row,
    people by reason), ``explain.lacks_people`` (how many people a site lacks to be worth a place),
    ``explain.check_address`` (gain by label, overlap, rank among candidates).

Errors
    All are `problem.SitingInputError`, an `InputError`: one sentence with place and remedy. `OutOfReachError` carries
    `constraint` and `lacks` (people, or cost); `TooFewCandidatesError`, `reach.OffNetworkSiteError`,
    `cover.CoverListError` say what their names say.

What may be kept between requests: `StreetRows` or `CoverLists` of one candidate set, mode, limit and hour. A what-if
(forbid, force, close, another demand or budget) is a new `Question` on the same lists.
"""

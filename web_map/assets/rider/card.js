/* One station on one card: minutes first, then whether it is open and how to get in, then what is there. */
Rider.card = (function () {
  "use strict";

  const { t, el, icon, word, lang, minutes, distance, freshness } = Yiquan;
  const { state } = Rider;
  const WORDS_SHOWN = 8;
  const DOUBTS_SHOWN = 3;
  const WORTH_SAYING_S = 7200; // nobody walks two hours to a station

  function card(hit, rank, isBest) {
    return el("li", { class: "card" + (isBest ? " best" : ""), id: "hit-" + rank },
      el("div", { class: "card-head" },
        el("span", { class: "card-rank", "aria-hidden": "true" }, String(rank + 1)),
        el("h3", { dir: "auto", lang: "zh-CN", title: hit.name }, hit.name)
      ),
      el("p", { class: "card-kind" }, badges(hit), [word("facility_types", hit.type), hit.street || hit.district].filter(Boolean).join(" · ")),
      el("div", { class: "card-main" }, trip(hit), el("div", { class: "card-when" }, opening(hit.open, hit.estimated), otherTrips(hit))),
      el("dl", { class: "facts" }, ...entry(hit), ...parking(hit)),
      amenities(hit.amenities, hit.partial),
      fresh(hit.verified),
      actions(hit, rank),
      more(hit)
    );
  }

  /* ── how far ── */

  const reached = (one) => one && one.travel_s !== null && one.travel_s !== undefined;

  function trip(hit) {
    const names = { walk: t("rider.minutes_walk"), ebike: t("rider.minutes_ebike") };
    const own = hit.modes[state.mode];
    const estimate = hit.estimated && el("span", { class: "estimate" }, t("rider.estimate"));
    if (!reached(own)) return el("p", { class: "trip" }, el("span", {}, t("rider.unreached")), estimate);
    return el("p", { class: "trip" }, el("strong", {}, String(minutes(own.travel_s))), el("span", {}, " " + names[state.mode]), estimate);
  }

  function otherTrips(hit) {
    const names = { walk: t("rider.minutes_walk"), ebike: t("rider.minutes_ebike") };
    const other = Rider.otherMode(), second = hit.modes[other];
    const words = [reached(second) && second.travel_s < WORTH_SAYING_S && minutes(second.travel_s) + " " + names[other], t("rider.straight", { n: distance(hit.straight_m) })];
    return el("p", { class: "trip-other" }, words.filter(Boolean).join(" · "));
  }

  /* ── can one get in ── */

  function badges(hit) {
    return [
      hit.doubted && el("span", { class: "badge doubt" }, t("rider.doubted")),
      hit.class === Rider.ROUND_THE_CLOCK && el("span", { class: "badge" }, t("rider.all_day")),
      hit.step_free === true && el("span", { class: "badge" }, t("rider.step_free")),
    ];
  }

  function opening(open, isEstimated) {
    const kind = Rider.opening.kindOf(open);
    const unsure = kind !== "unknown" && open.certain === false && !isEstimated ? " " + t("rider.unsure_hours") : "";
    return el("p", { class: "opening " + kind }, Rider.opening.sentence(open) + unsure);
  }

  function entry(hit) {
    const ways = (hit.entry || []).map((code) => word("entry_methods", code)).join(t("common.comma"));
    const said = [
      ways || t("rider.entry_unknown"),
      hit.first_use_needs && word("first_use_needs", hit.first_use_needs),
      welcome(hit.groups || []),
      hit.attended && word("attended", hit.attended),
      hasText(hit.floor) && floorWords(hit.floor),
      hit.entry_note,
    ];
    return [el("dt", {}, icon("door"), t("rider.entry")), el("dd", { dir: "auto" }, said.filter(Boolean).join(" · "))];
  }

  const hasText = (value) => value !== null && value !== undefined && value !== "";
  const floorWords = (floor) => (/^-?\d+$/.test(floor) ? t("rider.floor", { floor }) : floor);

  function welcome(groups) {
    if (groups.includes("anyone")) return t("rider.for_anyone");
    if (groups.length === 1 && groups[0] === "union_member") return t("rider.for_members");
    return groups.length ? t("rider.for_groups", { groups: groups.map((code) => word("user_groups", code)).join(t("common.comma")) }) : "";
  }

  function parking(hit) {
    const words = hit.bike_parking ? word("bike_parking", hit.bike_parking) : t("rider.not_verified");
    return [el("dt", {}, icon("park"), t("rider.bike_parking")), el("dd", {}, words)];
  }

  /* ── what is there: first what can be used, then what is broken, then what was asked for and nobody checked ── */

  function amenities(states, isPartial) {
    const there = Object.keys(states).filter((code) => states[code] === "available" || states[code] === "limited");
    const order = [...Rider.NEEDS.filter((code) => there.includes(code)), ...there.filter((code) => !Rider.NEEDS.includes(code))];
    const broken = Object.keys(states).filter((code) => states[code] === "broken");
    const unchecked = Rider.NEEDS.filter((code) => !(code in states) || states[code] === "unknown").sort((a, b) => state.needs.has(b) - state.needs.has(a));
    return el("p", { class: "words" },
      ...order.slice(0, WORDS_SHOWN).map((code) => amenity(code, states[code])),
      ...broken.map((code) => amenity(code, "broken")),
      ...(isPartial ? [] : unchecked.slice(0, DOUBTS_SHOWN).map((code) => amenity(code, "unknown")))
    );
  }

  function amenity(code, itsState) {
    const name = word("amenities", code);
    const text = { limited: t("rider.word_limited", { name }), broken: t("rider.word_broken", { name }), unknown: t("rider.word_unknown", { name }) }[itsState] || name;
    return el("span", { class: "word " + itsState + (state.needs.has(code) ? " wanted" : "") }, text);
  }

  function fresh(date) {
    const { text, stale } = freshness(date);
    return el("p", { class: "fresh" + (stale ? " stale" : "") }, text);
  }

  /* ── what to do about it ── */

  function actions(hit, rank) {
    const small = (name, symbol, action) =>
      el("button", { type: "button", class: "act", "data-act": symbol, on: { click: action } }, icon(symbol), el("span", {}, name));
    return el("div", { class: "actions" },
      el("button", { type: "button", class: "go", on: { click: () => Rider.handoff.open(hit) } }, icon("go"), t("rider.go")),
      small(t("rider.on_map"), "map", () => Rider.showOnMap(rank)),
      small(t("rider.share"), "share", (event) => Rider.handoff.share(hit, event.currentTarget)),
      small(t("rider.report"), "report", () => Rider.report.open(hit))
    );
  }

  function more(hit) {
    const absent = Object.keys(hit.amenities).filter((code) => hit.amenities[code] === "absent").map((code) => word("amenities", code));
    const services = (hit.services || []).map((code) => word("services", code));
    const rows = [
      [t("rider.address"), hit.address],
      [t("rider.landmark"), hit.landmark],
      [t("rider.hours"), hit.hours],
      [t("rider.services"), services.join(t("common.comma"))],
      [t("rider.seats"), hit.seats && String(hit.seats)],
      [t("rider.phone"), hit.public_phone],
      [t("rider.absent"), absent.join(t("common.comma"))],
      [t("rider.source"), hit.source],
    ].filter(([, value]) => value);
    const page = hit.code && el("a", { class: "plain", href: stationAddress(hit) }, t("rider.station_page"));
    if (!rows.length && !page) return null;
    return el("details", { class: "more" }, el("summary", {}, t("rider.more")),
      el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, value)])), page);
  }

  const stationAddress = (hit) => "/s/" + encodeURIComponent(hit.code) + "?lang=" + lang;

  /* A public toilet: not a station, but what there is when no station is open. */
  function toilet(place) {
    const hours = place.opening_hours === "24/7" ? t("rider.all_day") : place.opening_hours || t("rider.hours_unknown");
    return el("li", { class: "card toilet" },
      el("div", { class: "card-head" }, icon("toilet"), el("h3", { dir: "auto" }, place.name || t("rider.toilet_unnamed"))),
      el("div", { class: "card-main" }, trip(place), el("div", { class: "card-when" }, el("p", { dir: "auto" }, hours), otherTrips(place))),
      el("div", { class: "actions" }, el("button", { type: "button", class: "go", on: { click: () => Rider.handoff.open(place) } }, icon("go"), t("rider.go")))
    );
  }

  return { card, toilet, stationAddress };
})();

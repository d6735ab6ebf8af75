/* One question to the server, and what is shown of its answer: the nearest, and where they are closed what else there is. */
Rider.asking = (function () {
  "use strict";

  const { t, el, askJson, distance, minutes } = Yiquan;
  const { state, say, busy, list } = Rider;
  const OPEN_SHOWN = 3;
  const TOILETS_SHOWN = 2;
  const COARSE_M = 300; // from here on a position is worth correcting by hand
  let asking = null; // AbortController of the question on its way

  const isLocal = () => Yiquan.settings.get("local") === true;

  /* Answer for the position and wishes as they are now; the last question alone is shown. */
  async function search() {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    busy(true);
    say(isLocal() ? t("rider.estimating") : t("rider.searching"));
    try {
      const answer = isLocal() ? null : await askNearest({}, mine.signal);
      if (mine === asking) await (answer ? showAnswer(answer, mine) : showEstimate(t("rider.local_note")));
    } catch (error) {
      if (mine === asking) await failed(error);
    } finally {
      if (mine === asking) busy(false);
    }
  }

  /* The answer with its hits as the page shows them. */
  async function askNearest({ openOnly = state.openOnly, limit = Rider.HITS }, signal) {
    const answer = await askJson("/nearest?" + wishes(openOnly, limit), { signal, timeoutMs: 8000 });
    return { ...answer, hits: answer.features.map(hitOf), later: (answer.fallback || []).map(hitOf) };
  }

  function wishes(openOnly, limit) {
    const wish = new URLSearchParams({ ...lonLat(), mode: state.mode, limit });
    if (openOnly) wish.set("open", "now");
    if (state.needs.size) wish.set("amenities", [...state.needs].join(","));
    if (state.allDay) wish.set("class", Rider.ROUND_THE_CLOCK);
    if (state.noApp) wish.set("no_app", "true");
    if (!state.everyType) wish.set("type", Rider.TYPES.join(","));
    wish.set("lang", Yiquan.lang);
    return wish;
  }

  const lonLat = () => ({ lon: state.position.lon.toFixed(5), lat: state.position.lat.toFixed(5) });

  /* ── what came back ── */

  async function showAnswer(answer, mine) {
    Yiquan.showSynthetic(answer.synthetic);
    if (answer.notice === "outside_network") return showEstimate(t("rider.off_network"));
    state.estimated = false;
    const { hits, later } = answer;
    const isShut = hits.every((hit) => hit.open.on_arrival === false);
    if (!hits.length) return showFallback(later);
    if (!isShut || state.openOnly) return showFound(hits, later);
    // A list of shut doors helps nobody: the nearest open ones come first, and stay first however far they are.
    const opened = await askNearest({ openOnly: true, limit: OPEN_SHOWN }, mine.signal);
    if (mine !== asking) return undefined;
    return showShut(opened.hits, hits);
  }

  function showFound(hits, later) {
    list.show([{ title: t("rider.list"), hits }, later.length && { title: t("rider.opening_next"), hits: later }].filter(Boolean));
    say(found(hits), isCoarse() ? "warning" : "");
  }

  function showShut(opened, shut) {
    const groups = [
      opened.length && { title: t("rider.open_for_you"), hits: opened },
      { title: opened.length ? t("rider.nearer_but_shut") : t("rider.opening_next"), hits: byOpening(shut, opened) },
    ];
    list.show(groups.filter(Boolean));
    say(opened.length ? t("rider.near_are_shut") : t("rider.none_open_later"), "warning");
    return opened.length ? undefined : addToilets();
  }

  /* Where nothing is open, what opens next comes first. */
  function byOpening(shut, opened) {
    if (opened.length) return shut;
    const opensAt = (hit) => Date.parse(hit.open.opens_at) || Infinity;
    return [...shut].sort((a, b) => opensAt(a) - opensAt(b));
  }

  function showFallback(later) {
    if (!later.length) {
      list.showNotice(t("rider.none_hint"), fewerButton());
      return say(t("rider.none_match"), "warning");
    }
    list.show([{ title: t("rider.opening_next"), hits: later }]);
    say(t("rider.none_open_later"), "warning");
    return addToilets();
  }

  /* Public toilets, when no station lets anybody in. A city without them in its register simply shows none. */
  async function addToilets() {
    if (isLocal()) return;
    const mine = asking;
    const answer = await askJson("/amenities-nearby?" + new URLSearchParams({ ...lonLat(), kind: "toilets", mode: state.mode, limit: TOILETS_SHOWN })).catch(() => null);
    const toilets = ((answer && answer.features) || []).map(hitOf);
    if (toilets.length && mine === asking) list.append({ title: t("rider.toilets"), items: toilets.map(Rider.card.toilet) });
  }

  /* A feature of the server's answer as the page shows it. */
  function hitOf(feature) {
    const [lon, lat] = feature.geometry.coordinates;
    return { open: {}, amenities: {}, modes: {}, ...feature.properties, id: feature.id, lon, lat };
  }

  const fewerButton = () => el("button", { type: "button", class: "plain", on: { click: () => Rider.chips.clear() } }, t("rider.clear_wishes"));

  /* ── in words ── */

  function found(hits) {
    const { origin, accuracyM, name } = state.position;
    const where = {
      device: accuracyM ? (isCoarse() ? t("rider.from_device_coarse", { n: distance(accuracyM) }) : t("rider.from_device", { n: distance(accuracyM) })) : t("rider.from_device_plain"),
      map: t("rider.from_map"),
      place: t("rider.from_place", { name: name || "" }),
      link: t("rider.from_link"),
    }[origin];
    const best = hits.findIndex((hit) => hit.open.on_arrival === true);
    const openOne = best > 0 ? t("rider.nearest_open", { rank: best + 1, n: minutes(hits[best].modes[state.mode].travel_s) }) : "";
    return t("rider.found", { n: hits.length }) + openOne + where;
  }

  const isCoarse = () => state.position.accuracyM > COARSE_M;

  /* ── without the server ── */

  async function failed(error) {
    const refused = error instanceof Yiquan.ServerError && error.status < 500;
    if (refused) return say(error.message, "error");
    const why = error instanceof Yiquan.ServerError ? t("rider.server_busy") : t("rider.offline");
    await showEstimate(why + t("rider.estimate_note"));
    list.appendNotice(el("button", { type: "button", class: "plain", on: { click: search } }, t("common.retry")));
    return undefined;
  }

  async function showEstimate(sentence) {
    try {
      await Rider.offline.stations();
    } catch (_) {
      list.showNotice(t("rider.nothing_loaded"));
      return say(sentence, "error");
    }
    state.estimated = true;
    const hits = Rider.estimate.nearest();
    const isShut = hits.every((hit) => hit.open.on_arrival === false);
    const opened = isShut ? Rider.estimate.nearest({ openOnly: true, limit: OPEN_SHOWN }) : [];
    const shut = hits.length ? hits : Rider.estimate.openingNext();
    if (!shut.length) list.showNotice(t("rider.none_hint"), fewerButton());
    else if (!isShut) list.show([{ title: t("rider.list"), hits }]);
    else list.show([opened.length && { title: t("rider.open_for_you"), hits: opened }, { title: opened.length ? t("rider.nearer_but_shut") : t("rider.opening_next"), hits: byOpening(shut, opened) }].filter(Boolean));
    return say(sentence, "warning");
  }

  /* ── the union's own workstations of the street one is in ── */

  async function grid() {
    busy(true);
    say(t("rider.searching"));
    try {
      const answer = await askJson("/grid?" + new URLSearchParams({ ...lonLat(), mode: state.mode }));
      const hits = answer.stations.map(hitOf);
      const area = [answer.area && answer.area.district, answer.area && answer.area.street].filter(Boolean).join(" · ");
      if (hits.length) list.show([{ title: answer.of_street ? t("rider.grid_title", { area }) : t("rider.grid_nearest"), hits }]);
      else list.showNotice(t("rider.grid_none", { area }));
      say(answer.of_street ? t("rider.grid_found", { n: hits.length, area }) : t("rider.grid_none", { area }), answer.of_street ? "" : "warning");
    } catch (error) {
      say(error instanceof Yiquan.ServerError ? error.message : t("rider.offline"), "error");
    } finally {
      busy(false);
    }
  }

  return { search, grid, isLocal };
})();

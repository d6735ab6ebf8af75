/* The door to the what-if (trial.js): fetched, with its texts and its style, when somebody first asks what if, or when the
   address holds a trial ("w") or the code of a scenario ("s"). */
(function () {
  "use strict";

  const { t, el, byId } = Yiquan;
  const { map } = Desk;

  let trial = null;
  const held = { w: null, s: null }; // what the address holds before the trial is there

  async function fetchTrial() {
    trial = trial || (await Desk.fetchPart("trial", byId("trial-start").dataset));
  }

  async function onTrial(action) {
    map.closePopup();
    try {
      await fetchTrial();
      if (!trial.isOn()) trial.begin();
      if (!action) return;
      action(trial);
      if (innerWidth >= 900) byId("trial").scrollIntoView({ block: "nearest" }); // beside the map, not in its place
    } catch (error) {
      Desk.showProblem(error);
    }
  }

  async function restore() {
    if (!held.w && !held.s) return;
    await fetchTrial();
    trial.restore(held.w, held.s);
  }

  /* A link to a scenario that is followed from this very page changes nothing but what is behind the hash. */
  async function follow() {
    const code = new URLSearchParams(location.hash.slice(1)).get("s");
    if (!code || (trial && trial.code() === code)) return;
    await fetchTrial();
    trial.open(code);
  }

  const button = (name, action) => el("button", { type: "button", class: "plain", on: { click: () => onTrial(action) } }, name);

  Desk.stationActions.push(
    (station) => button(t("planner.try_closing"), (one) => one.close(station)),
    (station) => button(t("planner.try_moving"), (one) => one.move(station)),
    (station) => button(t("planner.try_hours"), (one) => one.hours(station)));
  Desk.gapActions.push((gap) => gap.suggested && button(t("planner.try_here"), (one) => one.add({ lng: gap.suggested[0], lat: gap.suggested[1] })));
  Object.assign(Desk, { onTrial });
  Desk.takesClicks = () => Boolean(trial && trial.isOn());
  Desk.keep("s", (text) => (held.s = text), () => (trial ? trial.code() : held.s));
  Desk.keep("w", (text) => (held.w = text), () => (trial ? trial.kept() : held.w));
  Desk.on("question", () => trial && trial.refresh());
  Desk.on("cells", () => trial && trial.refresh()); // another zoom has other cells
  Desk.on("stations", () => restore().catch(Desk.showProblem));
  addEventListener("hashchange", () => follow().catch(Desk.showProblem));
  byId("trial-start").addEventListener("click", () => (trial && trial.isOn() ? trial.end() : onTrial()));
  L.DomEvent.disableClickPropagation(byId("trial-strip"));
})();

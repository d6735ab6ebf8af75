/* The door to the what-if (trial.js): fetched when somebody first asks what if, or when the address holds a trial. */
(function () {
  "use strict";

  const { t, el, byId } = Yiquan;
  const { map } = Desk;

  let trial = null;
  let kept = null; // what the address holds before the trial is there

  const fetchTrial = async () => (trial = await Desk.fetchPart("trial", byId("trial-start").dataset.src));

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

  /* A trial as an address held it: stations to add as "lon,lat", stations to close as "x" and their number. */
  async function restore() {
    const changes = (kept || "").split(";").filter(Boolean).map((one) => {
      if (one[0] === "x") {
        const station = Desk.findStation(one.slice(1));
        return station && { kind: "close", ...station };
      }
      const [lon, lat] = one.split(",").map(Number);
      return Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lat) <= 85 && { kind: "add", lon, lat };
    }).filter(Boolean);
    if (!changes.length) return;
    await fetchTrial();
    trial.restore(changes);
  }

  const button = (name, action) => el("button", { type: "button", class: "plain", on: { click: () => onTrial(action) } }, name);

  Desk.stationActions.push((station) => button(t("planner.try_closing"), (one) => one.close(station)));
  Desk.gapActions.push((gap) => gap.suggested && button(t("planner.try_here"), (one) => one.add({ lng: gap.suggested[0], lat: gap.suggested[1] })));
  Desk.takesClicks = () => Boolean(trial && trial.isOn());
  Desk.keep("try", (text) => (kept = text), () => (trial ? trial.kept() : kept));
  Desk.on("question", () => trial && trial.refresh());
  Desk.on("cells", () => trial && trial.refresh()); // another zoom has other cells
  Desk.on("stations", () => restore().catch(Desk.showProblem));
  byId("trial-start").addEventListener("click", () => (trial && trial.isOn() ? trial.end() : onTrial()));
  L.DomEvent.disableClickPropagation(byId("trial-strip"));
})();

/* The controls that put the question, and the tabs of what came out. */
(function () {
  "use strict";

  const { t, el, byId, label, count } = Yiquan;
  const { state } = Desk;

  function drawControls() {
    byId("minutes").value = state.minutes;
    byId("minutes-output").textContent = t("planner.n_minutes", { n: state.minutes });
    press("modes", "mode", state.mode);
    press("colour-by", "colour", state.colour);
    const [day, clock] = state.at.split(" ");
    byId("day").value = day || "";
    byId("hour").value = clock || "09:00";
    byId("hour").disabled = !byId("day").value;
  }

  function press(group, name, value) {
    for (const button of byId(group).children) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
  }

  function fillControls() {
    const { city, stations } = Desk;
    const words = city.vocabulary;
    const hours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0") + ":00");
    byId("hour").replaceChildren(...hours.map((hour) => el("option", { value: hour }, hour)));
    const types = Object.entries(city.counts).sort((a, b) => b[1] - a[1]);
    byId("types").replaceChildren(...types.map(([code, n]) => check(label(words.facility_types, code), n, state.types, code)));
    const amenities = Object.keys(words.amenities).filter((code) => !stations || stations.available.some((list) => list.includes(code)));
    byId("amenities").replaceChildren(...amenities.map((code) => check(label(words.amenities, code), null, state.amenities, code)));
    byId("network").replaceChildren(el("option", { value: "" }, t("planner.every_network")), ...Object.keys(words.networks).map((code) => el("option", { value: code }, label(words.networks, code))));
    byId("network").value = state.network;
    drawControls();
  }

  function check(name, n, set, code) {
    const change = (event) => {
      if (event.target.checked) set.add(code);
      else set.delete(code);
      changed();
    };
    return el("label", {}, el("input", { type: "checkbox", checked: set.has(code), on: { change } }), el("span", {}, name, " ", n !== null && el("small", {}, count(n))));
  }

  /* The question on the desk is another one: show at once what needs no server, ask for the rest. */
  function changed() {
    drawControls();
    Desk.repaint();
    Desk.drawStations();
    Desk.noteChange();
    Desk.updateSoon();
  }

  function readTime() {
    const day = byId("day").value;
    state.at = day ? day + " " + byId("hour").value : "";
    changed();
  }

  function chooseBy(group, name) {
    byId(group).addEventListener("click", (event) => {
      const value = event.target.dataset[name];
      if (!value) return;
      state[name] = value;
      changed();
    });
  }

  function listen() {
    chooseBy("modes", "mode");
    chooseBy("colour-by", "colour");
    byId("minutes").addEventListener("input", (event) => {
      state.minutes = Number(event.target.value);
      changed();
    });
    byId("day").addEventListener("change", readTime);
    byId("hour").addEventListener("change", readTime);
    byId("network").addEventListener("change", (event) => {
      state.network = event.target.value;
      changed();
    });
    byId("show-empty").addEventListener("change", Desk.repaint);
  }

  /* ── tabs ── */

  const tabs = [...byId("tabs").children];

  function select(tab) {
    for (const one of tabs) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !on;
    }
    Desk.tell("tab", tab.id);
  }

  function listenToTabs() {
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => select(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(i + step + tabs.length) % tabs.length];
        select(next);
        next.focus();
      });
    });
  }

  listen();
  listenToTabs();
  Desk.on("city", fillControls);
  Desk.on("stations", fillControls);
  Object.assign(Desk, { changed });
})();

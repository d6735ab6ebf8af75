/* A station is wanted here: offered where the nearest open one is far or there is none, said in two taps, given on purpose.
   What goes out is the place to some ten metres, what is needed and when; it waits on the phone like a report. */
Rider.wish = (function () {
  "use strict";

  const { t, el, byId } = Yiquan;
  const { state } = Rider;
  const FAR_S = 600;
  const COARSE_M = 300; // a place known no better than this is none that a station could be wanted at
  const DIGITS = 4; // of a degree: some ten metres
  const HOURS = [["early", t("wish.early")], ["noon", t("wish.noon")], ["evening", t("wish.evening")], ["night", t("wish.night")]];
  const said = new Set(); // places of this visit that were wished for

  const button = el("button", { type: "button", class: "wish-ask", id: "wish", on: { click: open } }, t("wish.offer"));
  const host = el("p", { class: "wish-offer", hidden: true }, button);

  /* Show or hide the button, for the list that is shown now. */
  function offer(hits) {
    if (!host.isConnected) byId("list").before(host);
    host.hidden = !mayWish() || !isLacking(hits);
  }

  const mayWish = () => Boolean(state.position) && !(state.position.accuracyM > COARSE_M) && isInCity() && !said.has(placeOf().join());

  /* Elsewhere this city's union has no say; where the city is not known yet, the server says so. */
  function isInCity() {
    const [west, south, east, north] = (Rider.city && Rider.city.city.bbox) || [-180, -90, 180, 90];
    const { lon, lat } = state.position;
    return lon >= west && lon <= east && lat >= south && lat <= north;
  }

  const placeOf = () => [state.position.lon, state.position.lat].map((degrees) => Number(degrees.toFixed(DIGITS)));

  /* Nothing that is open on arrival, as far as anybody knows, within ten minutes. */
  function isLacking(hits) {
    const nearest = hits.find((hit) => hit.open && hit.open.on_arrival !== false);
    const trip = nearest && nearest.modes && nearest.modes[state.mode];
    return !trip || trip.travel_s > FAR_S;
  }

  function open() {
    const wanted = { needs: new Set([...state.needs].filter((code) => code in Rider.NEED_NAMES)), hours: new Set() };
    byId("sheet-title").textContent = t("wish.title");
    byId("sheet-note").textContent = state.position.origin === "device" ? t("wish.here_device") : t("wish.here_chosen");
    byId("sheet-choices").replaceChildren(
      el("div", { class: "wish" },
        choices(t("wish.needs"), Object.entries(Rider.NEED_NAMES), wanted.needs),
        choices(t("wish.hours"), HOURS, wanted.hours),
        el("button", { type: "button", class: "wish-send", id: "wish-send", on: { click: () => send(wanted) } }, t("wish.send")),
        el("p", { class: "wish-privacy" }, t("wish.privacy"))
      )
    );
    byId("sheet").showModal();
    byId("wish-send").focus();
  }

  function choices(title, pairs, chosen) {
    const toggle = (code) => (event) => {
      const isOn = !chosen.has(code);
      if (isOn) chosen.add(code);
      else chosen.delete(code);
      event.currentTarget.setAttribute("aria-pressed", String(isOn));
    };
    const chip = ([code, name]) =>
      el("button", { type: "button", class: "chip", "aria-pressed": String(chosen.has(code)), "data-wish": code, on: { click: toggle(code) } }, name);
    return el("div", { class: "wish-choices", role: "group", "aria-label": title }, el("p", {}, title), ...pairs.map(chip));
  }

  async function send({ needs, hours }) {
    const [lon, lat] = placeOf();
    said.add([lon, lat].join());
    host.hidden = true;
    byId("sheet-choices").replaceChildren();
    byId("sheet-note").textContent = t("wish.sending");
    const outcomes = { sent: t("wish.thanks"), kept: t("wish.kept"), lost: t("wish.lost") };
    byId("sheet-note").textContent = outcomes[await Yiquan.outbox.post({ lon, lat, needs: [...needs], hours: [...hours] }, "/wishes")];
    byId("sheet-close").focus();
  }

  return { offer };
})();

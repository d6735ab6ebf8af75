/* The rider's page: one tap, and the stations that let you in, by real minutes. The list is the page; the map shows where. */
const Rider = (function () {
  "use strict";

  const { t, byId, page, word } = Yiquan;

  const query = new URLSearchParams(location.search);
  const NEED_NAMES = {
    water_hot: t("rider.need_water_hot"),
    microwave: t("rider.need_microwave"),
    phone_charge: t("rider.need_phone_charge"),
    ebike_charge: t("rider.need_ebike_charge"),
    battery_swap: t("rider.need_battery_swap"),
    toilet_inside: t("rider.need_toilet_inside"),
    seat: t("rider.need_seat"),
  };
  const wished = (query.get("need") || "").split(",").filter((code) => code in page.words.amenities);
  const MODES = ["ebike", "walk"];

  const state = {
    mode: MODES.find((mode) => mode === query.get("mode")) || Yiquan.settings.get("mode") || "ebike",
    needs: new Set(wished),
    openOnly: query.get("open") === "now",
    allDay: query.get("allday") === "1",
    noApp: query.get("noapp") === "1",
    everyType: query.get("type") === "all",
    position: null, // {lon, lat, accuracyM, origin: "device" | "map" | "place" | "link", name}
    estimated: false,
  };

  return {
    state,
    city: null, // body of /city.json
    stations: null, // body of /stations.json, for the time without a network
    HITS: 8,
    NEED_NAMES,
    /* Needs that have a chip: the usual ones, and what the address asked for besides. */
    NEEDS: [...new Set([...Object.keys(NEED_NAMES), ...wished])],
    needName: (code) => NEED_NAMES[code] || word("amenities", code),
    otherMode: () => MODES.find((mode) => mode !== state.mode),
    ROUND_THE_CLOCK: "smart24h",
    TYPES: [
      "union_station", "rider_station", "sanitation_station", "driver_home", "shared_worker_home", "worker_home",
      "grid_town", "grid_base", "partner_corner", "mobile_station",
    ],

    say(sentence, kind) {
      const status = byId("status");
      status.className = "status" + (kind ? " " + kind : "");
      status.textContent = sentence;
    },

    busy(isBusy) {
      if (isBusy) byId("find").setAttribute("aria-busy", "true");
      else byId("find").removeAttribute("aria-busy");
    },
  };
})();

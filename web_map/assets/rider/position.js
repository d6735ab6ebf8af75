/* Where one is: from the phone after a tap, from the map, from a name, or from a link. It is kept for this visit only. */
Rider.position = (function () {
  "use strict";

  const { t, byId } = Yiquan;
  const { state, say, busy } = Rider;
  const OPTIONS = { enableHighAccuracy: true, timeout: 8000, maximumAge: 30000 };
  const DENIED = 1;

  function locate() {
    if (!navigator.geolocation) return refused(t("rider.no_position"));
    say(t("rider.locating"));
    busy(true);
    return navigator.geolocation.getCurrentPosition(
      ({ coords }) => use({ lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy, origin: "device" }),
      (problem) => refused(problem.code === DENIED ? t("rider.position_refused") : t("rider.no_position")),
      OPTIONS
    );
  }

  function refused(sentence) {
    busy(false);
    say(sentence, "warning");
    byId("place").hidden = false;
    Rider.wantMap();
  }

  function use(position) {
    state.position = position;
    Yiquan.remember("position", position);
    byId("grid").hidden = false;
    document.querySelector("main").classList.add("placed");
    Rider.chips.writeAddress();
    Rider.asking.search();
  }

  /* `?at=lon,lat` of a shared link, in WGS-84. After `#` it never reaches the server. */
  function fromLink() {
    const hash = new URLSearchParams(location.hash.slice(1));
    const text = new URLSearchParams(location.search).get("at") || hash.get("at");
    const match = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text || "");
    if (!match) return null;
    const lon = Number(match[1]), lat = Number(match[2]);
    return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat, accuracyM: null, origin: "link" } : null;
  }

  function listen() {
    byId("find").addEventListener("click", locate);
    byId("show-map").addEventListener("click", () => {
      byId("map-box").scrollIntoView({ block: "center" });
      byId("map-centre").focus({ preventScroll: true });
    });
    byId("go-search").addEventListener("click", () => byId("where").focus());
  }

  return { use, fromLink, listen };
})();

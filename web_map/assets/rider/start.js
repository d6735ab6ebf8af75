/* Puts the page together: first what answers a tap, then the list, then the map, then what the time without a network needs. */
(function () {
  "use strict";

  const { t, el, byId, icon } = Yiquan;
  const { state, say } = Rider;
  const RETRY_MS = 4000;
  const QUIET_MS = 3000; // after the map: what is for later must not compete with what is looked at
  const { files } = Yiquan.page;
  let map = null; // what the map's script offers, once it is there
  let mapLoading = null;
  let shown = null;

  /* ── the map comes when the list is there ── */

  Rider.drawHits = (hits) => {
    shown = hits;
    if (map) map.drawHits(hits);
    else Rider.wantMap();
  };

  Rider.showOnMap = async (rank) => {
    await Rider.wantMap();
    byId("map-box").scrollIntoView({ block: "center" });
    if (map) map.showHit(rank);
  };

  Rider.wantMap = () => {
    mapLoading = mapLoading || loadMap().catch(() => (mapLoading = null)).finally(() => setTimeout(becomeQuiet, QUIET_MS));
    return mapLoading;
  };

  /* When what is for later may begin. */
  let becomeQuiet = null;
  Rider.quiet = new Promise((resolve) => (becomeQuiet = resolve));

  async function loadMap() {
    const styles = files.filter((file) => file.endsWith(".css")), scripts = files.filter((file) => file.endsWith(".js"));
    await Promise.all(styles.map((href) => arrive(el("link", { rel: "stylesheet", href }))));
    await Promise.all(scripts.map(Rider.loadScript));
    map = Rider.startMap();
    if (shown) map.drawHits(shown);
  }

  Rider.loadScript = (src) => arrive(Object.assign(document.createElement("script"), { src, async: false }));

  function arrive(node) {
    return new Promise((resolve, reject) => {
      node.addEventListener("load", resolve);
      node.addEventListener("error", reject);
      document.head.append(node);
    });
  }

  /* ── the city ── */

  /* Keeps trying: a service that has just been started takes a while until its first snapshot is ready. */
  async function loadCity() {
    for (;;) {
      const cityComing = Rider.offline.city();
      Rider.cityComing = cityComing;
      try {
        Yiquan.showCity((await cityComing).city);
        if (byId("status").classList.contains("error") && !state.position) say(t("rider.start"));
        return;
      } catch (error) {
        if (!state.position) say(error instanceof Yiquan.ServerError ? t("rider.server_busy") : t("rider.offline"), "error");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /* ── buttons that are not part of the search ── */

  function drawFooter() {
    byId("local-only").addEventListener("click", () => {
      Yiquan.settings.set("local", Rider.asking.isLocal() ? null : true);
      showLocal();
      if (state.position) Rider.asking.search();
    });
    showLocal();
  }

  const showLocal = () => byId("local-only").setAttribute("aria-pressed", String(Rider.asking.isLocal()));

  function listen() {
    Yiquan.settings.listen();
    Rider.chips.listen();
    Rider.position.listen();
    Rider.places.listen();
    Rider.offline.listen();
    Yiquan.outbox.listen();
    byId("grid").addEventListener("click", Rider.asking.grid);
    byId("sheet").addEventListener("click", (event) => event.target === byId("sheet") && byId("sheet").close());
    window.addEventListener("online", () => state.position && state.estimated && !Rider.asking.isLocal() && Rider.asking.search());
  }

  function start() {
    Rider.chips.draw();
    byId("chips").append(el("button", { type: "button", class: "chip", id: "grid", hidden: true }, icon("home"), t("rider.grid")));
    listen();
    drawFooter();
    Yiquan.keepLanguageLink();
    performance.mark("yiquan.ready");
    const known = Rider.position.fromLink() || Yiquan.recall("position");
    if (known) Rider.position.use(known);
    loadCity().then(() => !known && Rider.wantMap());
    Rider.quiet.then(Rider.offline.start).catch(() => null).then(Rider.offline.stations).catch(() => null);
  }

  start();
})();

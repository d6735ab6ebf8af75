/* The time without a network: the list of stations kept on the phone, and the worker that keeps the page itself. */
Rider.offline = (function () {
  "use strict";

  const { t, ask, askJson, byId, keep, kept } = Yiquan;
  const hasWorker = "serviceWorker" in navigator;
  /* What an estimate needs; without a worker only this is kept, because storage is small. */
  const KEPT_COLUMNS = [
    "id", "code", "name", "type", "class", "status", "lon", "lat", "hours", "week", "available", "entry", "verified",
    "district", "street", "doubt", "parking", "floor", "step_free", "first_use",
  ];
  let loading = null;

  /* The list of all stations, from the network or from what was kept; rejects if there is neither. */
  function stations() {
    if (Rider.stations) return Promise.resolve(Rider.stations);
    loading = loading || load().finally(() => (loading = null));
    return loading;
  }

  async function load() {
    try {
      Rider.stations = await (await ask("/stations.json")).json();
      if (!hasWorker) keep("stations", Object.fromEntries(KEPT_COLUMNS.filter((name) => name in Rider.stations).map((name) => [name, Rider.stations[name]])));
    } catch (error) {
      Rider.stations = kept("stations");
      if (!Rider.stations) throw error;
    }
    sayReady();
    return Rider.stations;
  }

  /* What the city is called and whether it is real; the last answer where there is no network. */
  async function city() {
    try {
      Rider.city = await askJson("/city.json");
      if (!hasWorker) keep("city", Rider.city);
    } catch (error) {
      Rider.city = kept("city");
      if (!Rider.city) throw error;
    }
    return Rider.city;
  }

  function sayReady() {
    const isReady = Rider.stations && (!hasWorker || navigator.serviceWorker.controller);
    if (isReady) byId("offline-note").textContent = t("rider.offline_ready", { n: Rider.stations.id.length });
  }

  /* A worker whose content differs takes over by itself; this page then says that there is a newer one. */
  async function start() {
    if (!hasWorker) return;
    let hasOne = Boolean(navigator.serviceWorker.controller);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (hasOne) offerNewPage();
      hasOne = true; // the first one to take over keeps this page, the next one a newer page
      sayReady();
    });
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    document.addEventListener("visibilitychange", () => document.hidden || registration.update().catch(() => null));
  }

  /* Nobody is looking: take it at once. Somebody is: let them finish. */
  function offerNewPage() {
    if (document.hidden) return location.reload();
    byId("updated").hidden = false;
    return undefined;
  }

  function listen() {
    byId("reload").addEventListener("click", () => location.reload());
  }

  return { stations, city, start, listen };
})();

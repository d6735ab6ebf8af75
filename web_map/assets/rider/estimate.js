/* The nearest stations reckoned on the phone, by straight line and the usual week: without a network, off the streets, or
   for whoever does not want to tell the server a position. Everything it says is marked as an estimate. */
Rider.estimate = (function () {
  "use strict";

  const { state } = Rider;
  const DETOUR = { walk: 1.3, ebike: 1.25 }; // street distance over straight distance
  const USUAL = { walk: { speed_kmh: 4.3, arrival_s: 0 }, ebike: { speed_kmh: 15, arrival_s: 60 } };
  const WAYS_BY_APP = ["app_qr", "member_qr"]; // the union's own application
  const DOUBT_S = 600; // a doubted station ranks as though it were ten minutes farther
  const EARTH_M = 6371009;
  const RADIAN = Math.PI / 180;

  function straightMetres(from, lon, lat) {
    const x = (lon - from.lon) * RADIAN * Math.cos(((lat + from.lat) / 2) * RADIAN), y = (lat - from.lat) * RADIAN;
    return EARTH_M * Math.hypot(x, y);
  }

  /* The nearest that meet the wishes; with `openOnly` those open on arrival, else any. */
  function nearest({ openOnly = state.openOnly, limit = Rider.HITS } = {}) {
    const ranked = eligible().map(measured).sort((a, b) => a.rankS - b.rankS);
    const found = [];
    for (const one of ranked) {
      const hit = hitOf(one);
      if (!openOnly || hit.open.on_arrival === true) found.push(hit);
      if (found.length === limit) break;
    }
    return found;
  }

  /* Among the nearest that are closed, those that open first. */
  function openingNext(limit = Rider.HITS) {
    const pool = eligible().map(measured).sort((a, b) => a.rankS - b.rankS).slice(0, 5 * limit).map(hitOf);
    return pool.filter((hit) => hit.open.opens_at).sort((a, b) => Date.parse(a.open.opens_at) - Date.parse(b.open.opens_at)).slice(0, limit);
  }

  function eligible() {
    const places = Rider.stations;
    return places.id.map((_, i) => i).filter((i) => {
      if (places.status[i] !== "active") return false;
      if (!state.everyType && !Rider.TYPES.includes(places.type[i])) return false;
      if (state.allDay && places.class[i] !== Rider.ROUND_THE_CLOCK) return false;
      if (state.noApp && !isWithoutApp(i)) return false;
      return [...state.needs].every((code) => places.available[i].includes(code));
    });
  }

  /* As the server has it: known to let one in without an application, at a first visit too. */
  function isWithoutApp(i) {
    const ways = Rider.stations.entry[i], firstUse = Rider.stations.first_use && Rider.stations.first_use[i];
    if (!firstUse) return ways.includes("open_door");
    return firstUse !== "app" && ways.some((way) => !WAYS_BY_APP.includes(way));
  }

  function measured(i) {
    const straightM = straightMetres(state.position, Rider.stations.lon[i], Rider.stations.lat[i]);
    const late = Rider.stations.doubt && Rider.stations.doubt[i] ? DOUBT_S : 0;
    return { i, straightM, rankS: seconds(straightM, state.mode) + late };
  }

  function seconds(straightM, mode) {
    const known = Rider.city && Rider.city.modes.find((one) => one.code === mode);
    const { speed_kmh: kmh, arrival_s: arrivalS } = known || USUAL[mode];
    return (straightM * DETOUR[mode] * 3.6) / kmh + arrivalS;
  }

  function hitOf({ i, straightM }) {
    const places = Rider.stations;
    const column = (name) => (places[name] ? places[name][i] : null);
    const travelS = seconds(straightM, state.mode);
    return {
      estimated: true,
      partial: true, // the list holds what can be used; of the rest it says nothing
      id: places.id[i], code: places.code[i], name: places.name[i], type: places.type[i], class: places.class[i],
      lon: places.lon[i], lat: places.lat[i], straight_m: straightM,
      modes: { walk: { travel_s: seconds(straightM, "walk") }, ebike: { travel_s: seconds(straightM, "ebike") } },
      open: Rider.opening.estimated(places.week[i], travelS),
      hours: places.hours[i], entry: places.entry[i], verified: places.verified[i],
      amenities: Object.fromEntries(places.available[i].map((code) => [code, "available"])),
      district: places.district[i], street: places.street[i],
      doubted: Boolean(column("doubt")), bike_parking: column("parking"), floor: column("floor"),
      step_free: column("step_free"), first_use_needs: column("first_use"),
    };
  }

  return { nearest, openingNext, straightMetres };
})();

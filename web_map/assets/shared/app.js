/* What both pages share: texts, elements made without HTML, questions to the server, times and numbers in words. */
const Yiquan = (function () {
  "use strict";

  const TIME_ZONE = "Asia/Shanghai";
  const STALE_AFTER_DAYS = 180;
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const lang = page.lang;
  const locale = lang === "zh" ? "zh-CN" : "en-GB";

  /* A text of the page in its language, with {name} filled in. */
  function t(key, values) {
    const text = page.texts[key];
    if (text === undefined) throw new Error("no text " + key);
    return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : text;
  }

  /* An element. Text always becomes a text node: nothing a register says is ever read as HTML. */
  function el(tag, properties, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "class") node.className = value;
      else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
    return node;
  }

  const byId = (id) => document.getElementById(id);

  /* A name of the vocabulary in the page's language; an unknown code stands for itself. */
  function label(table, code) {
    const entry = table && table[code];
    return entry ? entry[lang] || entry.zh || code : code;
  }

  /* The page's own name for a code, where the names came with the page; an unknown code stands for itself. */
  const word = (table, code) => ((page.words || {})[table] || {})[code] || code;

  /* A drawing from the page's sheet of symbols. For the eye only: what it means stands beside it as a word. */
  function icon(name) {
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    drawing.setAttribute("class", "icon");
    drawing.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#i-" + name);
    drawing.append(use);
    return drawing;
  }

  /* What a server may refuse, in the page's language: by the name of the problem (api/errors.py), else by the status. */
  const REFUSED = {
    "asset-changed": t("common.refused_unavailable"),
    "body-too-large": t("common.refused_large"),
    "damaged-snapshot": t("common.refused_city"),
    "database-unavailable": t("common.refused_database"),
    "facility-not-found": t("common.refused_station"),
    "measured-minutes": t("common.refused_too_long"),
    "mode-not-in-snapshot": t("common.refused_mode"),
    "no-demand": t("common.refused_no_demand"),
    "no-facilities": t("common.refused_city"),
    "no-snapshot": t("common.refused_city"),
    "no-streets": t("common.refused_city"),
    "reports-waiting": t("common.refused_reports"),
    "scenario-name": t("common.refused_name"),
    "scenario-not-found": t("common.refused_scenario"),
    "shelf-full": t("common.refused_shelf"),
    "station-not-found": t("common.refused_station"),
    "station-off-network": t("common.refused_off_network"),
    "too-many-reports": t("common.refused_often"),
    "too-many-scenarios": t("common.refused_often"),
    "wrong-secret": t("common.refused_secret"),
  };
  const REFUSED_STATUS = {
    400: t("common.refused_bad"),
    401: t("common.refused_key"),
    403: t("common.refused_forbidden"),
    404: t("common.refused_not_found"),
    405: t("common.refused_method"),
    406: t("common.refused_form"),
    409: t("common.refused_clash"),
    410: t("common.refused_gone"),
    412: t("common.refused_stale"),
    413: t("common.refused_large"),
    415: t("common.refused_media"),
    428: t("common.refused_stale"),
    429: t("common.refused_often"),
    500: t("common.refused_broken"),
    503: t("common.refused_unavailable"),
  };

  /* A problem body (RFC 9457) as a sentence. What has no sentence of its own keeps the server's words beside it. */
  function refusal(status, { type = "", parameter, detail, [lang]: own }) {
    if (own) return own; // the server says it in this language itself
    const known = REFUSED[type.slice(type.lastIndexOf(":") + 1)];
    if (known) return known;
    const whose = type.endsWith(":changes") ? t("common.refused_changes") : parameter && t("common.refused_parameter", { name: parameter });
    const sentence = whose || REFUSED_STATUS[status] || t("common.refused_other", { status });
    return detail ? t("common.refused_in_words", { sentence, words: detail }) : sentence;
  }

  /* The server's refusal: a sentence for people, and in `detail` the server's own words. */
  class ServerError extends Error {
    constructor(status, problem) {
      super(refusal(status, problem));
      this.status = status;
      this.detail = problem.detail || "";
    }
  }

  /* With a `body` it is a POST of that value as JSON. */
  async function ask(url, { signal, timeoutMs = 12000, body } = {}) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    if (signal) signal.addEventListener("abort", () => controller.abort());
    try {
      const sent = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
      const answer = await fetch(url, { signal: controller.signal, credentials: "same-origin", ...sent });
      if (!answer.ok) throw new ServerError(answer.status, await problemOf(answer));
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /* What a refusal says of itself; what stands between may answer with something else than a problem body. */
  async function problemOf(answer) {
    try {
      return (await answer.json()) || {};
    } catch (_) {
      return {};
    }
  }

  const askJson = async (url, options) => (await ask(url, options)).json();

  /* ── numbers and times ── */

  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const oneDecimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const count = (value) => whole.format(Math.round(value) || 0); // not "-0"
  const decimal = (value) => oneDecimal.format(value);
  const percent = (share) => (share === null || share === undefined ? "–" : oneDecimal.format(100 * share) + " %");
  const minutes = (seconds) => Math.max(1, Math.ceil(seconds / 60));

  function distance(metres) {
    return metres < 995 ? t("common.metres", { n: count(Math.round(metres / 10) * 10) }) : t("common.kilometres", { n: oneDecimal.format(metres / 1000) });
  }

  const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: TIME_ZONE });
  const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: TIME_ZONE });
  const weekdayFormat = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: TIME_ZONE });

  /* "22:00", "tomorrow 07:00", "Mon 08:00": a moment as people say it. */
  function moment(iso) {
    const at = new Date(iso);
    const daysAhead = Math.round((Date.parse(dayFormat.format(at)) - Date.parse(dayFormat.format(new Date()))) / 86400000);
    const clock = clockFormat.format(at);
    if (daysAhead <= 0) return clock;
    if (daysAhead === 1) return t("common.tomorrow", { clock });
    return daysAhead < 7 ? weekdayFormat.format(at) + " " + clock : dayFormat.format(at) + " " + clock;
  }

  /* Day and time of a moment in Shanghai, as in a file's name. */
  const stamp = (iso) => dayFormat.format(new Date(iso)) + " " + clockFormat.format(new Date(iso));

  /* How fresh a fact is: words and whether it is old. */
  function freshness(date) {
    if (!date) return { text: t("common.never_verified"), stale: true };
    const days = Math.floor((Date.now() - Date.parse(date)) / 86400000);
    if (days <= STALE_AFTER_DAYS) return { text: t("common.verified", { date }), stale: false };
    return { text: t("common.verified_long_ago", { date, months: Math.floor(days / 30) }), stale: true };
  }

  /* Minute of the week in Shanghai, Monday 00:00 being zero. */
  function minuteOfWeek(date) {
    const parts = new Intl.DateTimeFormat("en-US", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: TIME_ZONE }).formatToParts(date);
    const part = (type) => parts.find((one) => one.type === type).value;
    const day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(part("weekday"));
    return day * 1440 + Number(part("hour")) * 60 + Number(part("minute"));
  }

  /* true, false, or null where hours are unknown. Intervals may run over the end of the week. */
  function openInWeek(intervals, minute) {
    if (!intervals) return null;
    return intervals.some(([from, to]) => (minute >= from && minute < to) || (minute + 10080 >= from && minute + 10080 < to));
  }

  /* ── around the page ── */

  function debounce(action, waitMs) {
    let timer = 0;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => action(...values), waitMs);
    };
  }

  /* Storage that private windows and embedded views may refuse. */
  function remember(key, value) {
    try {
      if (value === null) sessionStorage.removeItem("yiquan." + key);
      else sessionStorage.setItem("yiquan." + key, JSON.stringify(value));
    } catch (_) {
      /* nothing is lost but convenience */
    }
  }

  function recall(key) {
    try {
      return JSON.parse(sessionStorage.getItem("yiquan." + key));
    } catch (_) {
      return null;
    }
  }

  /* The same for what should outlive the visit: wishes about the page, reports not sent yet, the list of stations. */
  function keep(key, value) {
    try {
      if (value === null) localStorage.removeItem("yiquan." + key);
      else localStorage.setItem("yiquan." + key, JSON.stringify(value));
      return true;
    } catch (_) {
      return false;
    }
  }

  function kept(key) {
    try {
      return JSON.parse(localStorage.getItem("yiquan." + key));
    } catch (_) {
      return null;
    }
  }

  /* The banner that says nothing here is real, and the city's name in the header. */
  function showCity(city) {
    byId("city-name").textContent = lang === "zh" ? city.name : city.name_en || city.name;
    showSynthetic(city.synthetic);
  }

  function showSynthetic(isSynthetic) {
    byId("demo-banner").hidden = !isSynthetic;
  }

  /* The language link keeps what is asked: the query and the hash. */
  function keepLanguageLink() {
    const link = byId("language");
    const query = new URLSearchParams(location.search);
    query.set("lang", lang === "zh" ? "en" : "zh");
    link.href = location.pathname + "?" + query + location.hash;
  }

  /* A Leaflet map without labels in a foreign language, ready for touch. */
  function prepareMap(map) {
    map.attributionControl.setPrefix(false);
    L.control.zoom({ position: "topright", zoomInTitle: t("common.zoom_in"), zoomOutTitle: t("common.zoom_out") }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  }

  const boundsOf = (box) => L.latLngBounds([box[1], box[0]], [box[3], box[2]]);

  /* Middle of the largest ring of a polygon or multipolygon, where its name is written. */
  function middleOf(geometry) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    let best = { size: -1, lat: 0, lng: 0 };
    for (const [ring] of polygons) {
      let doubled = 0, x = 0, y = 0;
      for (let i = 0; i + 1 < ring.length; i++) {
        const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
        doubled += cross;
        x += (ring[i][0] + ring[i + 1][0]) * cross;
        y += (ring[i][1] + ring[i + 1][1]) * cross;
      }
      if (Math.abs(doubled) > best.size) best = { size: Math.abs(doubled), lng: x / (3 * doubled), lat: y / (3 * doubled) };
    }
    return L.latLng(best.lat, best.lng);
  }

  /* District outlines as land on an empty background, with their names. */
  function drawDistricts(map, districts, style) {
    const land = L.geoJSON(districts, { interactive: false, style: style }).addTo(map);
    const extent = (area) => { const box = area.getBounds(); return (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth()); };
    const largestFirst = land.getLayers().sort((one, other) => extent(other) - extent(one));
    const markers = largestFirst.map(({ feature }) => {
      const name = (lang === "en" && feature.properties.name_en) || feature.properties.name;
      const icon = L.divIcon({ className: "area-name", html: el("span", {}, name), iconSize: null });
      return L.marker(middleOf(feature.geometry), { icon, interactive: false, keyboard: false });
    });
    const names = L.layerGroup(markers).addTo(map);
    const partNames = () => hideCovered(markers.map((marker) => marker.getElement()).filter(Boolean));
    map.on("zoomend", partNames);
    partNames();
    return { land, names };
  }

  /* Names that would lie on an earlier one are hidden: two on one spot are none. */
  function hideCovered(nodes) {
    for (const node of nodes) node.hidden = false;
    const boxes = nodes.map((node) => node.firstChild.getBoundingClientRect());
    const apart = (one, other) => one.right < other.left || other.right < one.left || one.bottom < other.top || other.bottom < one.top;
    const shown = [];
    boxes.forEach((box, n) => {
      nodes[n].hidden = !shown.every((other) => apart(box, other));
      if (!nodes[n].hidden) shown.push(box);
    });
  }

  return {
    page, t, el, byId, label, word, icon, keep, kept, lang, ask, askJson, problemOf, ServerError, count, decimal, percent, minutes, distance, moment, stamp, freshness, minuteOfWeek,
    openInWeek, debounce, remember, recall, showCity, showSynthetic, keepLanguageLink, prepareMap, boundsOf, drawDistricts,
  };
})();

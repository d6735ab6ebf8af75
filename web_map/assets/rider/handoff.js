/* On to a map application: the right one first for the phone in hand, each address in the datum its application reads. */
Rider.handoff = (function () {
  "use strict";

  const { t, el, byId } = Yiquan;
  const { state } = Rider;
  const APPLICATION = "yiquan";
  const FALLBACK_MS = 1500; // how long an application may take to open before its web page is tried

  const PLATFORM = platformOf(navigator.userAgent);

  function platformOf(agent) {
    if (/MicroMessenger/i.test(agent)) return "wechat";
    if (/OpenHarmony|HarmonyOS/i.test(agent) && !/Android/i.test(agent)) return "harmony";
    if (/iPhone|iPad|iPod/i.test(agent)) return "ios";
    if (/Android/i.test(agent)) return "android";
    return /Macintosh/i.test(agent) ? "mac" : "desk";
  }

  /* Per platform what is offered, best first: [what, the address of the application, the address of its web page].
     Inside WeChat addresses of applications are blocked, and iOS alone has Apple's. */
  const OFFERS = {
    wechat: [["amap", null, "amap"], ["tencent", null, "tencent"], ["baidu", null, "baidu"]],
    harmony: [["amap", "amap_android", "amap"], ["baidu", "baidu_app", "baidu"], ["tencent", null, "tencent"]],
    ios: [["amap", "amap_ios", "amap"], ["baidu", "baidu_app", "baidu"], ["tencent", null, "tencent"], ["apple", null, "apple"]],
    android: [["amap", "amap_android", "amap"], ["baidu", "baidu_android", "baidu"], ["tencent", null, "tencent"], ["geo", "geo", null]],
    mac: [["amap", null, "amap"], ["baidu", null, "baidu"], ["tencent", null, "tencent"], ["apple", null, "apple"]],
    desk: [["amap", null, "amap"], ["baidu", null, "baidu"], ["tencent", null, "tencent"]],
  };
  const RIDES_HERE = ["ios", "android"]; // where Amap documents its own e-bike navigation

  function choices(links) {
    const names = { amap: t("rider.amap"), baidu: t("rider.baidu"), tencent: t("rider.tencent"), apple: t("rider.apple"), geo: t("rider.other_map") };
    const offers = OFFERS[PLATFORM].filter(([, application, web]) => links[application] || links[web]);
    const shown = offers.map(([what, application, web]) => ({ what, name: names[what], application: links[application], web: links[web] }));
    if (state.mode === "ebike" && RIDES_HERE.includes(PLATFORM) && links.amap_ebike)
      shown.unshift({ what: "amap_ebike", name: t("rider.amap_ebike"), application: links.amap_ebike, web: links.amap });
    const last = Yiquan.settings.get("map");
    return shown.sort((a, b) => (b.what === last) - (a.what === last));
  }

  /* Addresses for a position the server did not make links for: only such as can say that they are in WGS-84. */
  function linksInWgs84(hit) {
    const lon = hit.lon.toFixed(6), lat = hit.lat.toFixed(6), name = encodeURIComponent(hit.name || t("rider.toilet_unnamed"));
    const trip = "sourceApplication=" + APPLICATION + "&dlat=" + lat + "&dlon=" + lon + "&dname=" + name + "&dev=1&t=" + (state.mode === "ebike" ? 3 : 2);
    const source = "webapp." + APPLICATION + "." + APPLICATION;
    const destination = encodeURIComponent("name:" + (hit.name || "").replace(/\|/g, " ") + "|latlng:" + lat + "," + lon);
    const riding = "destination=" + destination + "&coord_type=wgs84&mode=" + (state.mode === "ebike" ? "riding" : "walking") + "&src=" + source;
    return {
      amap: "https://uri.amap.com/marker?position=" + lon + "," + lat + "&name=" + name + "&src=" + APPLICATION + "&coordinate=wgs84&callnative=1",
      amap_ebike: "amapuri://openFeature?featureName=OnRideNavi&rideType=elebike&sourceApplication=" + APPLICATION + "&lat=" + lat + "&lon=" + lon + "&dev=1",
      amap_android: PLATFORM === "harmony" ? undefined : "amapuri://route/plan/?" + trip, // HarmonyOS lists no datum
      amap_ios: "iosamap://path?" + trip,
      baidu: "https://api.map.baidu.com/marker?location=" + lat + "," + lon + "&title=" + name + "&content=" + name + "&output=html&coord_type=wgs84&src=" + source,
      baidu_app: "baidumap://map/direction?" + riding,
      baidu_android: "bdapp://map/direction?" + riding,
      tencent: "https://apis.map.qq.com/uri/v1/routeplan?type=walk&to=" + name + "&tocoord=" + lat + "," + lon + "&coord_type=1&referer=" + APPLICATION,
      geo: "geo:" + lat + "," + lon + "?q=" + lat + "," + lon + "(" + name + ")",
    };
  }

  function open(hit) {
    const links = hit.handoff || linksInWgs84(hit);
    const inside = PLATFORM === "wechat" && openLocation(hit, links);
    byId("sheet-title").textContent = hit.name || t("rider.toilet_unnamed");
    byId("sheet-note").textContent = PLATFORM === "wechat" && !inside ? t("rider.in_wechat") : t("rider.handoff_note");
    const copy = el("button", { type: "button", "data-map": "copy", on: { click: (event) => copyAddress(event.currentTarget, hit) } }, t("rider.copy"));
    const maps = choices(links).map(link);
    // Where nothing else may open, copying comes before addresses that need another browser.
    byId("sheet-choices").replaceChildren(...(PLATFORM === "wechat" ? [inside, copy, ...maps] : [...maps, copy]).filter(Boolean));
    byId("sheet").showModal();
  }

  function link({ what, name, application, web }) {
    const listen = { click: (event) => choose(event, what, application, web) };
    return el("a", { "data-map": what, href: web || application, target: web ? "_blank" : null, rel: "noopener noreferrer", on: listen }, name);
  }

  /* The application first; where nothing answers its address, the web page after a moment. */
  function choose(event, what, application, web) {
    Yiquan.settings.set("map", what);
    if (!application || !web) return;
    event.preventDefault();
    location.href = application;
    setTimeout(() => {
      if (!document.hidden) location.href = web;
    }, FALLBACK_MS);
  }

  /* WeChat's own map, where the application around this page has brought WeChat's script. */
  function openLocation(hit, links) {
    if (!links.wechat || typeof window.wx === "undefined" || typeof window.wx.openLocation !== "function") return null;
    const [latitude, longitude] = links.wechat.split(",").map(Number);
    const place = { latitude, longitude, name: hit.name, address: hit.address || "", scale: 17 };
    return el("button", { type: "button", "data-map": "wechat", on: { click: () => window.wx.openLocation(place) } }, t("rider.wechat_map"));
  }

  async function copyAddress(button, hit) {
    const text = [hit.name, hit.address, hit.lat.toFixed(6) + ", " + hit.lon.toFixed(6) + " (WGS-84)"].filter(Boolean).join("\n");
    await copyText(button, text);
  }

  async function copyText(button, text) {
    const label = button.querySelector("span") || button;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = t("rider.copied");
    } catch (_) {
      byId("sheet-note").textContent = text; // to be selected by hand
      label.textContent = t("rider.copy_by_hand");
    }
  }

  /* The station's own page, through the phone's sheet where there is one. Nobody's position travels with it. */
  async function share(hit, button) {
    const url = location.origin + (hit.code ? Rider.card.stationAddress(hit) : "/?at=" + hit.lon.toFixed(5) + "," + hit.lat.toFixed(5));
    if (navigator.share) {
      try {
        return await navigator.share({ title: hit.name, url });
      } catch (_) {
        return undefined; // closed without choosing
      }
    }
    return copyText(button, hit.name + " " + url);
  }

  return { open, share, platformOf };
})();

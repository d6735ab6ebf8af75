/* What lies below the cells and stations: our own streets as vector tiles, or Tianditu's pictures; both from our origin.

   Yiquan.addBasemap(map, city.basemap, { night }) puts it below everything a page draws and its names above the cells,
   and returns { setNight(night), remove() }; null where the setting is `none` or the tiles are still being made. */
(function () {
  "use strict";

  const BELOW = { pane: "basemap", zIndex: 100 };
  const ABOVE = { pane: "basemap-names", zIndex: 450 };
  const LAST_DATA_ZOOM = 14;
  const LAST_PICTURE_ZOOM = 18;
  const FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

  /* Quiet colours: what a page draws on top is what people came for. */
  const DAY = {
    ground: "#f5f3ee", homes: "#eeebe3", works: "#e9e7ec", green: "#dfe9d6", water: "#c3d9e6",
    road: "#ffffff", casing: "#d3cec3", main: "#fffaf0", mainCasing: "#bfb6a3", path: "#d9d3c7",
    district: "#7d7690", street: "#a7a1b5", text: "#4a4a4a", halo: "#ffffff", place: "#3b3550",
  };
  const NIGHT = {
    ground: "#1d232a", homes: "#222931", works: "#252833", green: "#1f2e28", water: "#14303f",
    road: "#39424d", casing: "#12171c", main: "#4a5461", mainCasing: "#12171c", path: "#2f3740",
    district: "#a79fc0", street: "#6d6780", text: "#c9ced4", halo: "#12171c", place: "#e4def5",
  };

  const kindIs = (...kinds) => (zoom, feature) => kinds.includes(feature.props.kind);
  const levelIs = (level) => (zoom, feature) => feature.props.level === level;
  const classIs = (...classes) => (zoom, feature) => classes.includes(feature.props.class);
  const MOTORWAYS = ["motorway", "motorway_link", "trunk", "trunk_link"];
  const PATHS = ["footway", "steps", "path", "cycleway", "track", "bridleway", "corridor", "platform", "elevator"];
  const isPath = classIs(...PATHS);
  const isLane = (zoom, feature) => !isPath(zoom, feature);

  const width = (...stops) => protomapsL.exp(1.5, stops);
  const WIDTHS = {
    roads_major: width([8, 0.8], [12, 2.4], [14, 4.5], [16, 10], [18, 22]),
    roads_middle: width([11, 0.8], [13, 2], [15, 5.5], [17, 13], [18, 18]),
    roads_minor: width([14, 1.2], [15, 3], [16, 5], [18, 12]),
  };

  const polygons = (dataLayer, fill, filter) => ({ dataLayer, filter, symbolizer: new protomapsL.PolygonSymbolizer({ fill }) });
  const lines = (dataLayer, options, rest) => ({ dataLayer, ...rest, symbolizer: new protomapsL.LineSymbolizer({ lineCap: "round", lineJoin: "round", ...options }) });

  /* All edges of roads before all surfaces, so that crossings stay open. */
  function paintRules(colour) {
    const wider = (dataLayer) => (zoom) => WIDTHS[dataLayer](zoom) + (zoom < 13 ? 1 : 2);
    return [
      polygons("ground", colour.ground),
      polygons("land", colour.homes, kindIs("residential")),
      polygons("land", colour.works, kindIs("commercial", "retail", "industrial")),
      polygons("land", colour.green, kindIs("green")),
      polygons("land", colour.water, kindIs("water")),
      lines("roads_minor", { color: colour.path, width: 1.2, dash: [3, 2] }, { filter: isPath, minzoom: 15 }),
      lines("roads_minor", { color: colour.casing, width: wider("roads_minor") }, { filter: isLane, minzoom: 15 }),
      lines("roads_middle", { color: colour.casing, width: wider("roads_middle") }),
      lines("roads_major", { color: colour.mainCasing, width: wider("roads_major") }),
      lines("roads_minor", { color: colour.road, width: WIDTHS.roads_minor }, { filter: isLane, minzoom: 14 }),
      lines("roads_middle", { color: colour.road, width: WIDTHS.roads_middle }),
      lines("roads_major", { color: colour.main, width: WIDTHS.roads_major }),
      lines("borders", { color: colour.street, width: 1, dash: [2, 3] }, { filter: levelIs("street"), minzoom: 12 }),
      lines("borders", { color: colour.district, width: 1.4, dash: [6, 3, 1, 3] }, { filter: levelIs("district") }),
    ];
  }

  function labelRules(colour, lang) {
    const labelProps = lang === "en" ? ["name_en", "name"] : ["name"];
    const around = (fill) => ({ labelProps, fill, stroke: colour.halo, width: 2.5 });
    const place = (size, weight) => new protomapsL.CenteredTextSymbolizer({ ...around(colour.place), font: weight + " " + size + "px " + FONT });
    const along = (size) => new protomapsL.LineLabelSymbolizer({ ...around(colour.text), font: size + "px " + FONT });
    return [
      { dataLayer: "names", filter: levelIs("district"), maxzoom: 14, symbolizer: place(15, 600) },
      { dataLayer: "roads_major_names", minzoom: 12, maxzoom: 14, symbolizer: along(12) },
      { dataLayer: "roads_major", minzoom: 15, symbolizer: along(12) },
      { dataLayer: "names", filter: levelIs("street"), minzoom: 12, maxzoom: 16, symbolizer: place(12, 500) },
      { dataLayer: "roads_middle_names", minzoom: 14, maxzoom: 14, symbolizer: along(11) },
      { dataLayer: "roads_middle", minzoom: 15, symbolizer: along(12) },
      { dataLayer: "roads_minor", minzoom: 16, filter: isLane, symbolizer: along(11) },
    ];
  }

  function makePane(map, { pane, zIndex }) {
    const node = map.getPane(pane) || map.createPane(pane);
    node.style.zIndex = zIndex;
    node.style.pointerEvents = "none";
    return node;
  }

  /* Our own streets: one layer below the cells, the names of the same tiles above them. */
  function streets(map, basemap, night) {
    const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    const shared = { url: basemap.url, maxDataZoom: LAST_DATA_ZOOM, attribution: "", lang };
    const surface = protomapsL.leafletLayer({ ...shared, pane: BELOW.pane, paintRules: [], labelRules: [] });
    const names = protomapsL.leafletLayer({ ...shared, pane: ABOVE.pane, paintRules: [], labelRules: labelRules(night ? NIGHT : DAY, lang) });
    surface.paintRules = paintRules(night ? NIGHT : DAY);
    return {
      layers: [surface, names],
      setNight(dark) {
        surface.paintRules = paintRules(dark ? NIGHT : DAY);
        names.labelRules = labelRules(dark ? NIGHT : DAY, lang);
        names.clearLayout();
        surface.rerenderTiles();
        names.rerenderTiles();
      },
    };
  }

  /* Tianditu's roads and their labels. At night its pictures are turned over: it has no dark ones. */
  function pictures(map, basemap, night) {
    const layer = (name, pane) => L.tileLayer(basemap.url.replace("{layer}", name), { pane, maxNativeZoom: LAST_PICTURE_ZOOM, maxZoom: LAST_PICTURE_ZOOM, attribution: "" });
    const panes = [map.getPane(BELOW.pane), map.getPane(ABOVE.pane)];
    const setNight = (dark) => panes.forEach((pane) => { pane.style.filter = dark ? "invert(1) hue-rotate(180deg) brightness(.85)" : ""; });
    setNight(night);
    return { layers: [layer("vec", BELOW.pane), layer("cva", ABOVE.pane)], setNight };
  }

  /* Whose map it is and the number of its approval, as text: the control reads HTML. */
  function creditOf(basemap) {
    const node = document.createElement("span");
    node.textContent = [basemap.attribution, basemap.approval].filter(Boolean).join(" · ");
    return node.outerHTML;
  }

  Yiquan.addBasemap = function (map, basemap, { night = false } = {}) {
    if (!basemap || basemap.kind === "none" || !basemap.url) return null;
    makePane(map, BELOW);
    makePane(map, ABOVE);
    const made = (basemap.kind === "tianditu" ? pictures : streets)(map, basemap, night);
    const credit = creditOf(basemap);
    for (const layer of made.layers) layer.addTo(map);
    map.attributionControl.addAttribution(credit);
    return {
      setNight: made.setNight,
      remove() {
        for (const layer of made.layers) layer.remove();
        map.attributionControl.removeAttribution(credit);
      },
    };
  };
})();

/* Small pictures of numbers, drawn as SVG. Each stands beside a table or a sentence that says the same. */
Yiquan.charts = (function () {
  "use strict";

  const LEFT = 46, TOP = 10, WIDTH = 380, HEIGHT = 150;
  const CURVE_MINUTES = 60;
  const { percent } = Yiquan;

  function svg(tag, properties, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  const words = (x, y, anchor, text, kind = "") => svg("text", { x, y, class: kind, "text-anchor": anchor }, text);

  const points = (pairs) => pairs.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join(" ");

  const shareLine = (y, left, width) => (share) => [
    svg("line", { class: "rule", x1: left, x2: left + width, y1: y(share), y2: y(share) }),
    words(left - 6, y(share) + 5, "end", Math.round(100 * share) + " %"),
  ];

  /* Share of people covered within 0 to 60 minutes, the limit marked on it. `rows`: [{ minutes, share }], one a minute. */
  function curve(rows, limit, label) {
    const x = (minutes) => LEFT + (WIDTH * minutes) / CURVE_MINUTES, y = (share) => TOP + HEIGHT * (1 - share);
    const line = rows.map((row) => [x(row.minutes), y(row.share)]);
    const here = rows[limit] && [
      svg("line", { class: "limit", x1: x(limit), x2: x(limit), y1: TOP, y2: TOP + HEIGHT }),
      svg("circle", { class: "here", cx: x(limit), cy: y(rows[limit].share), r: 5 }),
      words(x(limit) + 9, Math.min(y(rows[limit].share) + 20, TOP + HEIGHT - 6), "start", percent(rows[limit].share), "strong"),
    ];
    return svg("svg", { class: "chart", viewBox: "0 0 440 188", role: "img", "aria-label": label },
      ...[0, 0.25, 0.5, 0.75, 1].flatMap(shareLine(y, LEFT, WIDTH)),
      ...[0, 10, 20, 30, 40, 50, 60].map((minutes) => words(x(minutes), TOP + HEIGHT + 20, "middle", String(minutes))),
      svg("polygon", { class: "under", points: points([[x(0), y(0)], ...line, [x(rows[rows.length - 1].minutes), y(0)]]) }),
      svg("polyline", { class: "curve", points: points(line) }),
      ...(here || []));
  }

  /* Share of all places that the worst served share of people has. `shares` stand at even steps from nobody to everybody. */
  function lorenz(shares, label) {
    const side = 190, left = 52, top = 10;
    const x = (people) => left + side * people, y = (places) => top + side * (1 - places);
    const line = shares.map((places, i) => [x(i / (shares.length - 1)), y(places)]);
    return svg("svg", { class: "chart lorenz", viewBox: "0 0 260 228", role: "img", "aria-label": label },
      ...[0, 0.5, 1].flatMap(shareLine(y, left, side)),
      ...[0, 0.5, 1].map((people) => words(x(people), top + side + 20, people === 1 ? "end" : "middle", 100 * people + " %")),
      svg("polygon", { class: "unequal", points: points([[x(0), y(0)], ...line, [x(1), y(1)]]) }),
      svg("line", { class: "equal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      svg("polyline", { class: "curve", points: points(line) }));
  }

  return { curve, lorenz };
})();

/* What the cells' colours mean: classes with a break at the limit, and the legend that says so. */
(function () {
  "use strict";

  const { t, el, byId, count } = Yiquan;
  const { state, cells } = Desk;

  const MINUTE_STEPS = 4; // web_map/lattice.py: quarter minutes, 254 = farther than the column can say
  const SHARE_STEPS = 250;
  const PEOPLE_STEPS = 20;

  // Blue within the limit, yellow to red beyond it: told apart with any kind of colour vision, and in grey by lightness.
  const WITHIN = ["#2b5c9b", "#8fbfe3"];
  const BEYOND = ["#fde9a9", "#f7b267", "#e0603a", "#9c1c2b"];
  const SHARES = ["#9c1c2b", "#e0603a", "#f7b267", "#8fbfe3", "#2b5c9b"];
  const PEOPLE = ["#f1eef6", "#c6bcdc", "#9a86be", "#6f4f9b", "#431d6b"];
  const PEOPLE_TOPS = [10, 50, 200, 1000, Infinity];

  const peopleOf = (byte) => Math.expm1(byte / PEOPLE_STEPS);

  function minuteClasses() {
    const limit = state.minutes;
    const beyond = [1.5 * limit, 2 * limit, 3 * limit].map((value) => Math.min(60, Math.round(value)));
    const tops = [...new Set([Math.round(limit / 2), limit, ...beyond])].filter((value, i, all) => i === 0 || value > all[i - 1]);
    return tops.map((top, i) => ({ from: i ? tops[i - 1] : 0, top, colour: top <= limit ? WITHIN[i] : BEYOND[i - 2] }))
      .concat({ from: tops[tops.length - 1], top: Infinity, colour: BEYOND[BEYOND.length - 1] });
  }

  function colourOfByte() {
    const classes = minuteClasses();
    return {
      minutes: (byte) => classes.find((one) => byte <= one.top * MINUTE_STEPS).colour,
      share: (byte) => SHARES[Math.min(4, Math.floor((byte / SHARE_STEPS) * 5))],
      people: (byte) => (byte === 0 ? null : PEOPLE[PEOPLE_TOPS.findIndex((top) => peopleOf(byte) < top)]),
    }[state.colour];
  }

  function paint(layer) {
    layer.setColours(colourOfByte());
    layer.setColumns(state.colour, null);
  }

  let shown = ""; // what the colours on the map depend on

  function repaint() {
    const wanted = state.colour + state.minutes;
    if (wanted === shown) return;
    shown = wanted;
    paint(cells);
    drawLegend();
    Desk.tell("colours");
  }

  function paintLike(layer) {
    paint(layer);
    Desk.on("colours", () => paint(layer));
    return layer;
  }

  function drawLegend() {
    const swatch = (colour, text) => {
      const square = el("i", {});
      square.style.background = colour;
      return el("li", {}, square, text);
    };
    const limit = el("li", { class: "limit" }, t("planner.class_limit", { n: state.minutes }));
    const span = (one) => (one.top === Infinity ? t("planner.class_beyond", { from: one.from }) : t("planner.class_between", { from: one.from, to: one.top }));
    const rows = {
      minutes: () => minuteClasses().flatMap((one) => (one.from === state.minutes ? [limit] : []).concat(swatch(one.colour, span(one)))),
      share: () => SHARES.map((colour, i) => swatch(colour, t("planner.class_share", { from: 20 * i, to: 20 * i + 20 }))).reverse(),
      people: () => PEOPLE.map((colour, i) => swatch(colour, i === 4 ? t("planner.class_people_beyond", { n: count(PEOPLE_TOPS[3]) }) : t("planner.class_people", { from: i ? count(PEOPLE_TOPS[i - 1]) : "1", to: count(PEOPLE_TOPS[i]) }))).reverse(),
    }[state.colour]();
    byId("legend-classes").replaceChildren(...rows);
  }

  /* What a cell's bytes say, in units. `minutes` is null beyond what the column can say. */
  const readCell = ({ minutes, share, people }) => ({
    minutes: minutes >= 254 ? null : Math.ceil(minutes / MINUTE_STEPS),
    share: share <= SHARE_STEPS ? share / SHARE_STEPS : null,
    people: people === undefined || people === 255 ? 0 : peopleOf(people),
  });

  Object.assign(Desk, { repaint, paintLike, readCell, colourOf: { covered: WITHIN[0], outside: BEYOND[2] } });
})();

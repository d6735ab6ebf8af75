/* Before and after on one map: the cells as the city stands left of a divider, those of the trial right of it. The divider
   is dragged, or moved by its two buttons, or by the arrow keys; nothing needs dragging. */
Yiquan.swipe = function (desk) {
  "use strict";

  const { t, el } = Yiquan;
  const { map } = desk;

  const STEP = 5; // per cent of the map's width
  const STEPS = { ArrowLeft: -STEP, ArrowRight: STEP, PageDown: -4 * STEP, PageUp: 4 * STEP, Home: -100, End: 100 };

  let before = null; // the layer of the city as it stands
  let position = 50;

  const handle = el("div", { class: "swipe-handle", role: "slider", tabindex: 0, "aria-label": t("trial.divider"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" },
    el("span", { "aria-hidden": "true" }, "◂ ▸"));
  const stepper = (by, name, sign) => el("button", { type: "button", class: "swipe-step", "aria-label": name, title: name, on: { click: () => moveTo(position + by) } }, sign);
  const divider = el("div", { class: "swipe", hidden: true },
    el("span", { class: "swipe-name left" }, t("trial.before")), el("span", { class: "swipe-name right" }, t("trial.after")),
    handle,
    el("div", { class: "swipe-steps" }, stepper(-2 * STEP, t("trial.divider_left"), "◂"), stepper(2 * STEP, t("trial.divider_right"), "▸")));
  map.getContainer().append(divider);
  L.DomEvent.disableClickPropagation(divider);

  function show() {
    if (!divider.hidden) return;
    before = before || desk.mirror(L.h3Lattice(null, { opacity: desk.cells.options.opacity }));
    before.addTo(map);
    divider.hidden = false;
    map.on("move zoomend viewreset resize", clip);
    moveTo(position);
  }

  function hide() {
    if (divider.hidden) return;
    map.off("move zoomend viewreset resize", clip);
    before.remove();
    divider.hidden = true;
    desk.cells.getContainer().style.clipPath = "";
  }

  function moveTo(wanted) {
    position = Math.max(0, Math.min(100, wanted));
    divider.style.left = position + "%";
    handle.setAttribute("aria-valuenow", Math.round(position));
    handle.setAttribute("aria-valuetext", t("trial.divider_at", { n: Math.round(position) }));
    if (!divider.hidden) clip();
  }

  /* The layers' own coordinates move with the map, so the cut is made anew whenever the map has moved. */
  function clip() {
    const size = map.getSize();
    const from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size);
    const cut = from.x + (size.x * position) / 100;
    const box = (left, right) => "polygon(" + [[left, from.y], [right, from.y], [right, to.y], [left, to.y]].map(([x, y]) => x + "px " + y + "px").join(",") + ")";
    before.getContainer().style.clipPath = box(from.x, cut);
    desk.cells.getContainer().style.clipPath = box(cut, to.x);
  }

  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const frame = map.getContainer().getBoundingClientRect();
    moveTo((100 * (event.clientX - frame.left)) / frame.width);
  });
  handle.addEventListener("keydown", (event) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    moveTo(position + by);
  });

  return { show, hide, moveTo };
};

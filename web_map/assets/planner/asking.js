/* Asking the server: figures and cells of the question on the desk, one question at a time, the newest wins. */
(function () {
  "use strict";

  const { t, el, byId, ask, askJson, debounce } = Yiquan;
  const { map, state, cells } = Desk;

  const CELLS_KEPT = 8;

  let asking = null; // AbortController of the question on its way
  let cellsQuestion = "";
  const keptCells = new Map(); // by question, so that zooming out and back asks nothing

  /* Cells about to become smaller than a few pixels are asked for merged: a twentieth of the bytes, the same picture. */
  function resolutionShown() {
    const own = state.mode === "walk" ? 10 : 9;
    const zoom = map.getZoom();
    return Math.min(own, zoom <= 10 ? 8 : zoom <= 12 ? 9 : own);
  }

  /* Shares belong to one number of minutes; travel times do not, so dragging the slider needs no new cells for them. */
  const cellsAsked = () => Desk.question(false) + "&resolution=" + resolutionShown() + (state.colour === "share" ? "&minutes=" + state.minutes : "");

  async function update() {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    busy(true);
    Desk.tell("question");
    try {
      await Promise.all([updateFigures(mine.signal), updateCells(mine.signal)]);
      if (mine === asking) byId("problem").hidden = true;
    } catch (error) {
      if (mine === asking) showProblem(error);
    } finally {
      if (mine === asking) busy(false);
    }
  }

  async function updateFigures(signal) {
    const found = await askJson("/coverage?" + Desk.question(true), { signal, timeoutMs: 30000 });
    if (signal.aborted) return;
    Desk.answer = found;
    Desk.tell("answer");
  }

  async function updateCells(signal) {
    const wanted = cellsAsked();
    if (wanted === cellsQuestion) return;
    const body = keptCells.get(wanted) || (await fetchCells(wanted, signal));
    if (signal.aborted) return;
    keptCells.delete(wanted); // and in again as the newest
    keptCells.set(wanted, body);
    if (keptCells.size > CELLS_KEPT) keptCells.delete(keptCells.keys().next().value);
    Desk.cellsBody = body;
    cellsQuestion = wanted;
    cells.setBuffer(body);
    Desk.tell("cells");
  }

  async function fetchCells(wanted, signal) {
    const query = wanted.includes("minutes=") ? wanted : wanted + "&minutes=" + state.minutes;
    return (await ask("/coverage/cells?" + query, { signal, timeoutMs: 30000 })).arrayBuffer();
  }

  /* Zooming changes only how finely the same answer is painted. */
  function refineCells() {
    if (Desk.answer && asking) updateCells(asking.signal).catch((error) => asking.signal.aborted || showProblem(error));
  }

  function busy(on) {
    byId("progress").hidden = !on;
    byId("figures").setAttribute("aria-busy", String(on));
  }

  /* ── what went wrong, in the server's words where it had any ── */

  const sentence = (error) => (error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent"));

  const again = (action) => el("button", { type: "button", class: "plain", on: { click: action } }, t("common.retry"));

  function showProblem(error) {
    byId("problem").replaceChildren(el("p", {}, sentence(error), " ", !Desk.city && t("planner.retrying")), Desk.city ? again(update) : "");
    byId("problem").hidden = false;
  }

  const refusal = (error, action) => el("div", { class: "problem", role: "alert" }, el("p", {}, sentence(error)), again(action));

  Object.assign(Desk, { update, updateSoon: debounce(update, 160), refineCells, resolutionShown, busy, showProblem, refusal });
})();

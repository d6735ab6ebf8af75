/* Asking the server: figures and cells of the question on the desk, one question at a time, the newest wins. */
(function () {
  "use strict";

  const { t, el, byId, ask, debounce } = Yiquan;
  const { map, state, cells } = Desk;
  const { figures: figuresAt, cells: cellsAt } = Question.addresses;

  const CELLS_KEPT = 8;
  const TIMEOUT_MS = 30000;

  let asking = null; // AbortController of the question on its way
  let painted = null; // the cells on the map: { address, body, names }
  const keptCells = new Map(); // by address, so that zooming out and back asks nothing

  /* An answer that was asked for in the head of the page, else a new one. */
  async function answerAt(address, signal) {
    const early = Early.take(address);
    const answer = early && (await early.catch(() => null));
    return answer && answer.ok ? answer : ask(address, { signal, timeoutMs: TIMEOUT_MS });
  }

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
    const found = await (await answerAt(figuresAt(state), signal)).json();
    if (signal.aborted) return;
    Desk.answer = found;
    Desk.tell("answer");
  }

  async function updateCells(signal) {
    const address = cellsAt(state, map.getZoom());
    if (painted && address === painted.address) return;
    const names = Question.columns(state);
    const body = keptCells.get(address) || (await (await answerAt(address, signal)).arrayBuffer());
    if (signal.aborted) return;
    keepCells(address, body);
    cells.setBuffer(body, names);
    painted = { address, body, names };
    Desk.repaint();
    Desk.tell("cells");
  }

  function keepCells(address, body) {
    keptCells.delete(address); // and in again as the newest
    keptCells.set(address, body);
    if (keptCells.size > CELLS_KEPT) keptCells.delete(keptCells.keys().next().value);
  }

  /* One more column of the painted cells, for what colours alone do not need: how many people live in a cell. */
  async function wantColumn(name) {
    if (cells.has(name)) return;
    const address = cellsAt({ ...state, at: "", types: new Set(), classes: new Set(), networks: new Set(), amenities: new Set(), groups: new Set() }, map.getZoom(), [name]);
    const body = keptCells.get(address) || (await (await ask(address, { timeoutMs: TIMEOUT_MS })).arrayBuffer());
    keepCells(address, body);
    cells.addBuffer(body, [name]);
  }

  /* Another layer that shows the city as it stands, whatever lies over the map's own cells. */
  function mirror(layer) {
    const fill = () => painted && layer.setBuffer(painted.body, painted.names);
    fill();
    Desk.on("cells", fill);
    Desk.paintLike(layer);
    return layer;
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

  Object.assign(Desk, { update, updateSoon: debounce(update, 120), refineCells, wantColumn, mirror, answerAt, busy, showProblem, refusal });
})();

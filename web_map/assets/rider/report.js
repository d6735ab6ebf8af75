/* What somebody found at the door, in two taps: the button on the card, and what it is. */
Rider.report = (function () {
  "use strict";

  const { t, el, byId } = Yiquan;
  const KINDS = [
    ["good_confirm", t("rider.report_good")],
    ["locked_in_hours", t("rider.report_locked")],
    ["entry_refused", t("rider.report_refused")],
    ["app_barrier", t("rider.report_app")],
    ["moved", t("rider.report_moved")],
    ["amenity_broken", t("rider.report_broken")],
    ["full", t("rider.report_full")],
  ];

  function open(hit) {
    byId("sheet-title").textContent = hit.name;
    byId("sheet-note").textContent = t("rider.report_note");
    byId("sheet-choices").replaceChildren(
      ...KINDS.map(([kind, name]) => el("button", { type: "button", "data-report": kind, on: { click: () => choose(hit, kind) } }, name))
    );
    byId("sheet").showModal();
  }

  async function choose(hit, kind) {
    const report = { station: String(hit.id), kind };
    // A broken thing is the one that was asked for, where exactly one was.
    if (kind === "amenity_broken" && Rider.state.needs.size === 1) report.amenity = [...Rider.state.needs][0];
    byId("sheet-choices").replaceChildren();
    byId("sheet-note").textContent = t("rider.report_sending");
    const outcomes = { sent: t("rider.report_thanks"), kept: t("rider.report_kept"), lost: t("rider.report_lost") };
    byId("sheet-note").textContent = outcomes[await Yiquan.outbox.post(report)];
    byId("sheet-close").focus();
  }

  return { open };
})();

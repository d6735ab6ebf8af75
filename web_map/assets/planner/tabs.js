/* The tabs of what came out; the address keeps which one is open. */
(function () {
  "use strict";

  const { byId } = Yiquan;

  const tabs = [...byId("tabs").children];
  let open = tabs[0];

  const nameOf = (tab) => tab.id.replace("tab-", "");

  function select(tab) {
    open = tab;
    for (const one of tabs) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !on;
    }
    Desk.tell("tab", tab.id);
  }

  /* What was opened comes into view, where next to nothing of it would be seen. */
  function choose(tab) {
    select(tab);
    const panel = byId(tab.getAttribute("aria-controls"));
    if (panel.getBoundingClientRect().top > 0.75 * innerHeight) panel.scrollIntoView({ block: "start" });
    Desk.noteChange();
  }

  function move(event) {
    const at = tabs.indexOf(event.currentTarget);
    const next = { ArrowRight: tabs[at + 1] || tabs[0], ArrowLeft: tabs[at - 1] || tabs[tabs.length - 1], Home: tabs[0], End: tabs[tabs.length - 1] }[event.key];
    if (!next) return;
    event.preventDefault();
    choose(next);
    next.focus();
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", move);
  }
  Desk.keep("tab", (name) => name && tabs.filter((one) => nameOf(one) === name).forEach(select), () => open !== tabs[0] && nameOf(open));
})();

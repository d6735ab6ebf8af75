/* The menu of reports: the question on the desk as a file to keep, in five forms. */
(function () {
  "use strict";

  const { byId, lang } = Yiquan;
  const menu = byId("report-menu");

  /* Addresses are written when the menu opens, so that they hold the question as it is then. */
  function writeAddresses() {
    for (const link of menu.querySelectorAll("a")) link.href = "/report?" + Desk.question() + "&format=" + link.dataset.format + "&lang=" + lang;
  }

  function close(event) {
    if (!menu.open || (event.type === "click" && menu.contains(event.target)) || (event.type === "keydown" && event.key !== "Escape")) return;
    menu.open = false;
    if (event.type === "keydown") menu.querySelector("summary").focus();
  }

  menu.addEventListener("toggle", () => menu.open && writeAddresses());
  document.addEventListener("click", close);
  document.addEventListener("keydown", close);
})();

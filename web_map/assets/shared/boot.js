/* Before anything is drawn: the theme and the size of type that were chosen, so that no page flashes white at night. */
(function (root) {
  try {
    const chosen = JSON.parse(localStorage.getItem("yiquan.settings")) || {};
    if (chosen.theme) root.dataset.theme = chosen.theme;
    if (chosen.type) root.dataset.type = chosen.type;
  } catch (_) {
    /* storage may be refused; the page is then as the system wishes */
  }
})(document.documentElement);

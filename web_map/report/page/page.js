/* Tables that sort by a click on a heading: numbers as numbers, words as the language sorts them, empty cells last. */
(function () {
  "use strict";

  const words = new Intl.Collator(document.documentElement.lang);

  function compare(a, b) {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    const numbers = [Number(a), Number(b)];
    return numbers.some(Number.isNaN) ? words.compare(a, b) : numbers[0] - numbers[1];
  }

  function sort(table, heading) {
    const place = heading.cellIndex, body = table.tBodies[0];
    const down = heading.getAttribute("aria-sort") !== "descending";
    const value = (row) => row.cells[place].dataset.value;
    const rows = [...body.rows].sort((a, b) => (value(a) === "" || value(b) === "" || !down ? 1 : -1) * compare(value(a), value(b)));
    body.append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button.closest("table"), button.parentElement));
  }
})();

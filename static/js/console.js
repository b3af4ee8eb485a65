/* Comfort for staff: keys, select-all, focus after a swap, quiet polling. Every task works without it. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (node) => node.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  /* Keys: ? list, / search, g then a letter for pages, j k x in lists. Off with data-dp-shortcuts="off". */
  let waiting = 0;
  const rows = () => all("[data-dp-rows] tbody tr");
  const move = (step) => {
    const list = rows();
    const at = list.findIndex((row) => row.contains(document.activeElement));
    const row = list[Math.min(Math.max(at + step, 0), list.length - 1)];
    const target = row && (one("a", row) || one("input", row));
    if (target) target.focus();
  };
  const keys = {
    "?": () => { const list = one("#dp-shortcuts"); if (list && list.togglePopover) list.togglePopover(); },
    "/": () => { const box = one("#dp-search"); if (box) box.focus(); },
    g: () => { waiting = Date.now(); },
    j: () => move(1),
    k: () => move(-1),
    x: () => {
      const row = rows().find((item) => item.contains(document.activeElement));
      const box = row && one("[data-dp-select]", row);
      if (box) box.click();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.body.dataset.dpShortcuts === "off") return;
    const key = event.key;
    if (waiting && Date.now() - waiting < 1500) {
      waiting = 0;
      const link = all("[data-dp-key]").find((item) => item.dataset.dpKey === key);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (Object.hasOwn(keys, key)) { event.preventDefault(); keys[key](); }
  });

  /* Lists: the head box selects the page; the bar shows only when something is selected. */
  const count = () => {
    const boxes = all("[data-dp-select]");
    const chosen = boxes.filter((box) => box.checked).length;
    all("[data-dp-count]").forEach((out) => { out.textContent = chosen; });
    all("[data-dp-bulk]").forEach((bar) => { bar.hidden = chosen === 0; });
    const head = one("[data-dp-select-all]");
    if (head) {
      head.checked = chosen > 0 && chosen === boxes.length;
      head.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-dp-select-all]")) {
      all("[data-dp-select]", box.closest("table")).forEach((item) => { item.checked = box.checked; });
    }
    if (box.matches("[data-dp-select-all], [data-dp-select]")) count();
  });

  /* Swaps: focus the heading the answer marks, say its words aloud, count the boxes anew. */
  document.addEventListener("htmx:after:swap", () => {
    const heading = one("[data-dp-result]");
    if (heading) {
      heading.removeAttribute("data-dp-result");
      heading.tabIndex = -1;
      heading.focus();
      const live = one("#dp-live");
      if (live) live.textContent = heading.textContent;
    }
    count();
  });

  /* Polling rests while nobody looks. */
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && event.target.closest("[data-dp-poll]")) event.preventDefault();
  });

  /* Time left, beside the time that stands in words; counted from when the page came. */
  setInterval(() => {
    all("[data-dp-left]").forEach((out) => {
      const left = Math.max(0, out.dataset.dpLeft - Math.floor(performance.now() / 1000));
      out.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    });
  }, 1000);
  document.addEventListener("DOMContentLoaded", count);
  if (document.readyState !== "loading") count();
})();

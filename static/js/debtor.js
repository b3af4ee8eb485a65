/* Comfort only: "Exit this page" also leaves no entry to come back to. */
document.addEventListener("click", function (event) {
  var link = event.target.closest && event.target.closest("[data-dp-exit]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.title = "";
  document.documentElement.hidden = true;
  window.location.replace(link.href);
});

// Comfort only: every page does its job without this file.
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  // #L12-L20 marks lines; a click with Shift extends the mark.
  const mark = () => {
    all("tr.picked").forEach((row) => row.classList.remove("picked"));
    const found = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
    if (!found) return;
    const ends = [Number(found[1]), Number(found[2] || found[1])].sort((a, b) => a - b);
    for (let at = ends[0]; at <= Math.min(ends[1], ends[0] + 20000); at++) {
      const row = document.getElementById("L" + at);
      if (!row) break;
      row.classList.add("picked");
      if (at === ends[0] && found[2]) row.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", mark);
  mark();
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest(".lines th a") : null;
    const first = /^#L(\d+)/.exec(location.hash);
    if (!link || !event.shiftKey || !first) return;
    event.preventDefault();
    const ends = [Number(first[1]), Number(link.textContent)].sort((a, b) => a - b);
    location.hash = "#L" + ends[0] + "-L" + ends[1];
  });

  // Keys, never while somebody types.
  const changes = () => all("article.file h3, .words .line.in0, .words .line.added, .words .line.removed, .words .line.changed");
  let at = -1;
  const go = (step) => {
    const list = changes();
    if (list.length === 0) return;
    if (at >= 0 && list[at]) list[at].classList.remove("current-change");
    at = Math.max(0, Math.min(list.length - 1, at + step));
    list[at].classList.add("current-change");
    list[at].tabIndex = -1;
    list[at].focus();
  };
  const help = () => {
    let box = document.querySelector("dialog");
    if (!box) {
      box = document.createElement("dialog");
      box.setAttribute("aria-label", "Keys");
      const list = document.createElement("ul");
      for (const line of ["j: next change", "k: previous change", "/: search", "?: this list", "Escape: close"]) {
        const item = document.createElement("li");
        item.textContent = line;
        list.append(item);
      }
      const close = document.createElement("button");
      close.textContent = "Close";
      close.addEventListener("click", () => box.close());
      box.append(list, close);
      document.body.append(box);
    }
    box.showModal();
  };
  const search = () => {
    const box = document.querySelector("input[type=search]"), link = document.querySelector("a[rel=search]");
    if (box) box.focus();
    else if (link) location.href = link.href;
  };
  document.addEventListener("keydown", (event) => {
    const types = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    if (types || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "?") help();
    else if (event.key === "/") search();
    else return;
    event.preventDefault();
  });
})();

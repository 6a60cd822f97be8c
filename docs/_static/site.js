// The page "Find a method": shows only the lines that hold what is typed.
const box = document.getElementById("find-word");
if (box) {
  const rows = [...document.querySelectorAll("article table tbody tr")];
  const sections = [...document.querySelectorAll("article section section")];
  const told = document.getElementById("find-count");
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
    for (const part of sections) part.hidden = !part.querySelector("tbody tr:not([hidden])");
    const left = rows.filter(row => !row.hidden).length;
    told.textContent = words.length ? `${left} of ${rows.length} lines` : "";
  };
  box.addEventListener("input", show);
  show();
}

// What the theme's navigation leaves without a name that can be read aloud.
for (const summary of document.querySelectorAll(".bd-sidebar-primary summary")) {
  const link = summary.closest("li").querySelector("a");
  summary.setAttribute("aria-label", `Pages below ${link.textContent.trim()}`);
}
// a button is called by the words that stand on it
for (const button of document.querySelectorAll(".search-button-field")) {
  button.setAttribute("aria-label", button.textContent.replace(/\s+/g, " ").trim());
}
for (const summary of document.querySelectorAll("details.hide summary")) summary.removeAttribute("aria-label");

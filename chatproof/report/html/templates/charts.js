// Reads a chart to whoever points at it or steps through it: every mark carries its numbers as its label.
for (const chart of document.querySelectorAll(".chart")) {
  const marks = [...chart.querySelectorAll("[role=graphics-symbol][aria-label]")];
  const said = chart.querySelector("output");
  let current = null;

  const show = (mark) => {
    if (mark === current) return;
    current?.classList.remove("current");
    current = mark;
    current?.classList.add("current");
    said.textContent = current?.getAttribute("aria-label") ?? "";
  };
  const step = (by) => {
    const at = current ? marks.indexOf(current) + by : by > 0 ? 0 : marks.length - 1;
    show(marks[Math.min(Math.max(at, 0), marks.length - 1)]);
  };
  const keys = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    Home: () => show(marks[0]),
    End: () => show(marks.at(-1)),
    Escape: () => show(null),
  };

  chart.addEventListener("pointermove", (event) => show(event.target.closest("[role=graphics-symbol][aria-label]")));
  chart.addEventListener("pointerleave", () => show(null));
  chart.addEventListener("blur", () => show(null));
  chart.addEventListener("keydown", (event) => {
    if (!marks.length || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

// On paper nothing can be opened.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("section > details")) details.open = true;
});

// A transfer curve to move along: with so many labelled images, what is each way of learning worth?
// The element's data-results holds what coursekit.experiments measured: x, y, sizes, and for each arm a list
// of values for every size.
(() => {
  "use strict";

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  function deviation(values) {
    const middle = mean(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
  }

  function make(live, { element, slider, data }) {
    const { x, y, sizes, arms } = JSON.parse(data.results);
    const size = slider(x, sizes, 0, () => show());
    const list = element("div", { className: "widget-bars" });
    const verdict = element("p");
    verdict.setAttribute("aria-live", "polite");
    live.append(
      element("div", { className: "widget-controls", role: "group", "aria-label": x }, size.element),
      element("p", { className: "widget-title", textContent: `${y}: mean and standard deviation` }),
      list,
      verdict,
    );

    function show() {
      const at = sizes.indexOf(size.value);
      const found = Object.entries(arms).map(([name, values]) => [name, mean(values[at]), deviation(values[at])]);
      list.replaceChildren(
        ...found.map(([name, value, spread]) => {
          const bar = element("span", { className: "bar" });
          bar.style.width = `${100 * value}%`;
          return element(
            "div",
            { className: "widget-bar" },
            element("span", { className: "name", textContent: name }),
            element("span", { className: "track" }, bar),
            element("span", { className: "number", textContent: `${value.toFixed(3)} \u00b1 ${spread.toFixed(3)}` }),
          );
        }),
      );
      const [best, second] = [...found].sort((a, b) => b[1] - a[1]);
      verdict.textContent = `Best with ${size.value}: ${best[0]}, ahead of ${second[0]} by ${(best[1] - second[1]).toFixed(3)}.`;
    }
    show();
  }

  (window.coursekitWidgets ??= {}).transfer = make;
})();

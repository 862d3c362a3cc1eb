// What one convolution costs: sliders for its settings, and the counts of chapter 4, each with its formula.
(() => {
  "use strict";

  const powers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
  const span = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const grouped = (number) => number.toLocaleString("en-GB");

  function make(live, { element, slider, outputSize }) {
    const controls = {
      side: slider("side of the input", span(1, 256), 31, () => show()),
      input: slider("channels in", [1, 3, ...powers(3, 10)], 1, () => show()),
      output: slider("channels out", powers(0, 10), 6, () => show()),
      kernel: slider("window", span(1, 11), 2, () => show()),
      stride: slider("stride", span(1, 4), 0, () => show()),
      padding: slider("padding", span(0, 5), 1, () => show()),
      groups: slider("groups", [1], 0, () => show()),
    };
    const body = element("tbody");
    const head = element("tr", {}, ...["what", "how it is counted", "number"].map((text) => element("th", { textContent: text, scope: "col" })));
    live.append(
      element(
        "div",
        { className: "widget-controls", role: "group", "aria-label": "the layer" },
        ...Object.values(controls).map((one) => one.element),
      ),
      element("table", { className: "widget-counts" }, element("thead", {}, head), body),
    );

    function show() {
      const [side, c, m, k, s, p] = ["side", "input", "output", "kernel", "stride", "padding"].map((name) => controls[name].value);
      controls.groups.limit(powers(0, 10).filter((g) => c % g === 0 && m % g === 0));
      const g = controls.groups.value;
      const n = outputSize(side, k, s, p, 1);
      const parameters = m * (c / g) * k * k + m;
      const products = n * n * m * (c / g) * k * k;
      const rows = [
        ["side of the output", n ? `\u230a(${side} + 2\u00b7${p} \u2212 ${k}) / ${s}\u230b + 1` : "the window is larger than the padded input", n],
        ["parameters", `${m} \u00b7 ${c / g} \u00b7 ${k} \u00b7 ${k} weights + ${m} biases`, parameters],
        ["multiply-adds", `${n} \u00b7 ${n} places \u00b7 ${m} \u00b7 ${c / g} \u00b7 ${k} \u00b7 ${k}`, products],
        ["numbers in the output", `${m} \u00b7 ${n} \u00b7 ${n}`, m * n * n],
        ["multiply-adds of each weight", "how often it is used for one picture", n * n],
      ];
      body.replaceChildren(
        ...rows.map(([what, how, number]) =>
          element(
            "tr",
            {},
            element("th", { textContent: what, scope: "row" }),
            element("td", { textContent: how }),
            element("td", { textContent: grouped(number), className: "number" }),
          ),
        ),
      );
    }
    show();
  }

  (window.coursekitWidgets ??= {}).counting = make;
})();

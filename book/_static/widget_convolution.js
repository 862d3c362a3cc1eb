// A window that slides over a picture of numbers, with stride, padding and dilation to play with.
(() => {
  "use strict";

  const PICTURE = [
    [0, 1, 3, 2, 0, 1],
    [0, 2, 3, 1, 1, 0],
    [1, 2, 2, 0, 3, 2],
    [0, 1, 3, 1, 2, 1],
    [2, 0, 1, 1, 0, 3],
    [1, 3, 0, 2, 1, 0],
  ];
  const FILTER = [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ];
  const SIDE = PICTURE.length;
  const signed = (number) => String(number).replace("-", "\u2212");

  function table(element, caption, name) {
    const body = element("tbody");
    const made = element("table", { className: `widget-grid ${name}` }, element("caption", { textContent: caption }), body);
    return { made, body };
  }

  function fill(element, body, rows, classOf) {
    body.replaceChildren(
      ...rows.map((row, i) =>
        element("tr", {}, ...row.map((text, j) => element("td", { textContent: text, className: classOf(i, j) }))),
      ),
    );
  }

  function make(live, { element, slider, outputSize }) {
    const picture = table(element, "picture, with its padding", "picture");
    const filter = table(element, "filter", "filter");
    const output = table(element, "output", "output");
    const sum = element("p", { className: "widget-sum" });
    sum.setAttribute("aria-live", "polite");

    const stride = slider("stride", [1, 2, 3], 0, () => show());
    const padding = slider("padding", [0, 1, 2], 0, () => show());
    const dilation = slider("dilation", [1, 2], 0, () => show());
    const place = slider("window number", [1], 0, () => show());
    const controls = element(
      "div",
      { className: "widget-controls", role: "group", "aria-label": "the convolution" },
      ...[stride, padding, dilation, place].map((one) => one.element),
    );
    live.append(controls, element("div", { className: "widget-row" }, picture.made, filter.made, output.made), sum);
    fill(element, filter.body, FILTER.map((row) => row.map(signed)), () => "tap");

    function show() {
      const [s, p, d] = [stride.value, padding.value, dilation.value];
      const n = outputSize(SIDE, 3, s, p, d);
      place.limit(Array.from({ length: n * n }, (_, i) => i + 1));
      const [row, column] = [Math.floor((place.value - 1) / n), (place.value - 1) % n];
      const at = (i, j) => PICTURE[i - p]?.[j - p] ?? 0;
      const tap = (i, start) => (i - start) % d === 0 && i >= start && i <= start + 2 * d;
      const padded = Array.from({ length: SIDE + 2 * p }, (_, i) => Array.from({ length: SIDE + 2 * p }, (_, j) => at(i, j)));
      fill(element, picture.body, padded, (i, j) => {
        const border = PICTURE[i - p]?.[j - p] === undefined;
        const seen = tap(i, row * s) && tap(j, column * s);
        return `${border ? "border" : ""} ${seen ? "tap" : ""}`.trim();
      });
      const products = (i, j) =>
        FILTER.flatMap((weights, u) => weights.map((w, v) => [w, at(i * s + u * d, j * s + v * d)]));
      const total = (i, j) => products(i, j).reduce((so_far, [w, x]) => so_far + w * x, 0);
      const results = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => signed(total(i, j))));
      fill(element, output.body, results, (i, j) => (i === row && j === column ? "here" : ""));
      const terms = products(row, column).filter(([w]) => w !== 0);
      const text = terms.map(([w, x]) => `${w < 0 ? `(${signed(w)})` : w} \u00b7 ${x}`).join(" + ");
      sum.textContent = `Row ${row}, column ${column} of the ${n}x${n} output: ${text} = ${signed(total(row, column))}`;
    }
    show();
  }

  (window.coursekitWidgets ??= {}).convolution = make;
})();

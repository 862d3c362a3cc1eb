// What the interactive parts of the book share. A page holds <div data-widget="NAME">, and in it what is
// shown without JavaScript and in print. The file widget_NAME.js enters the function that fills it in
// `coursekitWidgets`; the files may load in any order.
(() => {
  "use strict";

  /** Return a new element with these properties (or attributes, if their name has a dash) and children. */
  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.includes("-")) made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children);
    return made;
  }

  /**
   * Return a slider with its label and its value, which arrow keys move.
   *
   * `values` are what it can stand at, in their order; `changed` is called after each move.
   */
  function slider(label, values, start, changed) {
    const shown = element("b", { textContent: values[start] });
    const input = element("input", { type: "range", min: 0, max: values.length - 1, step: 1, value: start });
    input.setAttribute("aria-valuetext", values[start]);
    const part = element("label", { className: "widget-slider" }, element("span", {}, label, " ", shown), input);
    input.addEventListener("input", () => {
      shown.textContent = values[input.value];
      input.setAttribute("aria-valuetext", values[input.value]);
      changed();
    });
    return {
      element: part,
      get value() {
        return values[input.value];
      },
      /** Let it have other values; it stays where it was as far as it can. */
      limit(newValues) {
        const at = Math.min(Number(input.value), newValues.length - 1);
        values = newValues;
        input.max = newValues.length - 1;
        input.value = at;
        shown.textContent = values[at];
        input.setAttribute("aria-valuetext", values[at]);
      },
    };
  }

  /** Return the positions of a window: how many numbers come out along an axis of n, at least 0. */
  function outputSize(n, kernel, stride, padding, dilation) {
    return Math.max(0, Math.floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("[data-widget]")) {
      const make = (window.coursekitWidgets ?? {})[place.dataset.widget];
      if (make === undefined) continue;
      const still = element("div", { className: "widget-still" }, ...place.childNodes);
      const live = element("div", { className: "widget-live" });
      place.replaceChildren(still, live);
      make(live, { element, slider, outputSize, data: place.dataset });
      place.classList.add("widget-ready");
    }
  });
})();

// On a narrow screen a figure shrinks until its letters are hard to read. There it is a button that opens it
// at its full size, to be scrolled; Escape or the button closes it.
document.addEventListener("DOMContentLoaded", () => {
  for (const image of document.querySelectorAll(".bd-article .cell_output .text_html img[alt]")) {
    const width = image.getAttribute("width") ?? image.naturalWidth / 2;
    if (image.clientWidth === 0 || image.clientWidth > 0.8 * width) continue;
    const opener = document.createElement("button");
    opener.className = "figure-opener";
    opener.title = "Open at full size";
    opener.addEventListener("click", () => enlarge(image, width));
    (image.closest("picture") ?? image).replaceWith(opener);
    opener.append(image.closest("picture") ?? image);
  }

  function enlarge(image, width) {
    const dialog = document.createElement("dialog");
    dialog.className = "figure-large";
    dialog.setAttribute("aria-label", "Figure at full size");
    const close = document.createElement("button");
    close.textContent = "Close";
    const place = document.createElement("div");
    place.tabIndex = 0; // scrolls by the arrow keys
    const large = image.cloneNode();
    large.style.width = `${width}px`;
    place.append(large);
    dialog.append(close, place);
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  }
});

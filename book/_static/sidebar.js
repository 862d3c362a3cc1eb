// The theme's buttons that open a part of the contents have no name for those who hear the page.
document.addEventListener("DOMContentLoaded", () => {
  for (const summary of document.querySelectorAll(".bd-sidebar-primary .has-children > details > summary")) {
    const part = summary.closest(".has-children").querySelector("a");
    summary.setAttribute("aria-label", `Contents of ${part.textContent.trim()}`);
  }
});

// Light and dark: as the system has it, until the user says otherwise; this browser remembers that.

const REMEMBERED = "assistant-theme";

/** @param element with the button. */
export function begin(element) {
  const button = element.querySelector(".va-theme");
  const show = (isDark) => {
    document.body.classList.toggle("dark", isDark);
    button.setAttribute("aria-pressed", String(isDark));
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = localStorage.getItem(REMEMBERED);
  show(remembered ? remembered === "dark" : system.matches);
  system.addEventListener("change", () => localStorage.getItem(REMEMBERED) ?? show(system.matches));
  button.addEventListener("click", () => {
    const isDark = !document.body.classList.contains("dark");
    localStorage.setItem(REMEMBERED, isDark ? "dark" : "light");
    show(isDark);
  });
}

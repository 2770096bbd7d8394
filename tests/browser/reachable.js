// How many controls a person can reach by keyboard, and those that were not.
(() => {
  const controls = [...document.querySelectorAll(
    "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]),"
    + " select, textarea, summary, video[controls], audio[controls]",
  )].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const visited = window.visited || new Set();
  return {
    count: controls.length,
    // Of radio buttons with one name the keyboard reaches one, arrow keys lead to the others.
    missed: controls.filter((one) => ![...visited].some((seen) => seen === one
      || (one.type === "radio" && seen.type === "radio" && seen.name === one.name))).map((one) => one.outerHTML.slice(0, 160)),
  };
})()

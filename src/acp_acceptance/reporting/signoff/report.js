"use strict";
// Names of targets are opened for the printer; evidence stays as the reader left it.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details.who:not([open])")];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => { for (const one of opened) one.open = false; opened = []; });

// A link to a requirement opens it.
const show = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", show);
show();

const field = document.getElementById("find");
field.closest(".find").hidden = false;
field.addEventListener("input", () => {
  const wanted = field.value.trim().toLowerCase();
  let found = 0;
  for (const one of document.querySelectorAll("details.req")) {
    one.hidden = !one.textContent.toLowerCase().includes(wanted);
    found += !one.hidden;
  }
  for (const section of document.querySelectorAll("section.of-guide")) {
    section.hidden = !section.querySelector("details.req:not([hidden])");
  }
  document.getElementById("no-match").hidden = found > 0;
});

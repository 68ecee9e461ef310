// Chromium for the tests: it knows the names it is given and no others.
import { chromium } from "playwright-core";

// `places` names a place of this machine for each host: { "home.test:443": "127.0.0.1:4443" }.
export function launch(places) {
  const rules = Object.entries(places).map(([name, place]) => `MAP ${name} ${place}`);
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=${[...rules, "MAP * ~NOTFOUND"].join(", ")}`,
    ],
  });
}

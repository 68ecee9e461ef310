// A person in Chromium. Takes a plan as JSON in its one argument, prints what happened as JSON.
//
//   names      { "home.test": 4443 }: the port of this machine that each name leads to
//   scripts    whether pages may run scripts (default true)
//   consent    the address an app sent the person to; signs in with `email` and `password`, agrees
//   pages      { "profile": "https://home.test/@alice", … }: pages to look at
//   shots      the folder for pictures; without it pages are neither pictured nor checked
//
// Answers { code, pages: [{ name, title, problems }] }. A problem is what axe finds, an error on the
// console (a blocked style or script is one), or text that runs out of a phone's screen.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const plan = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const looks = [
  { name: "light", colorScheme: "light", width: 1280, height: 800 },
  { name: "dark", colorScheme: "dark", width: 1280, height: 800 },
  { name: "phone", colorScheme: "light", width: 375, height: 740 },
  { name: "phone-dark", colorScheme: "dark", width: 375, height: 740 },
];

const rules = Object.entries(plan.names).map(([name, port]) => `MAP ${name}:443 127.0.0.1:${port}`);
const browser = await chromium.launch({
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
const context = await browser.newContext({
  ignoreHTTPSErrors: true,
  javaScriptEnabled: plan.scripts ?? true,
  locale: "en-GB",
});
const page = await context.newPage();
page.setDefaultTimeout(20_000);
let onConsole = [];
page.on("console", (message) => {
  if (message.type() === "error") onConsole.push(`console: ${message.text()}`);
});
page.on("pageerror", (error) => onConsole.push(`script: ${error.message}`));

const seen = [];

async function look(name) {
  const problems = [];
  if (plan.shots) {
    for (const { name: as, colorScheme, width, height } of looks) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: join(plan.shots, `${name}-${as}.png`), fullPage: true });
      await page.evaluate(axe);
      const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document);
        return violations.flatMap(({ id, help, nodes }) =>
          nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`),
        );
      });
      const tooWide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      problems.push(...found.map((problem) => `${as}: ${problem}`));
      if (tooWide) problems.push(`${as}: wider than the screen`);
    }
  }
  problems.push(...onConsole);
  onConsole = [];
  seen.push({ name, title: await page.title(), problems });
}

let code = null;
if (plan.consent) {
  await page.goto(plan.consent);
  await look("sign-in");
  if (plan.shots) {
    await page.locator("#email").fill(plan.email);
    await page.locator("#password").fill(`${plan.password}-wrong`);
    await page.locator("main form button[type=submit]").click();
    await page.locator("[role=alert]").waitFor();
    // The answer to a wrong password is an error by its status, which the console tells.
    onConsole = onConsole.filter((line) => !line.includes("Failed to load resource"));
    await look("sign-in-wrong");
  }
  await page.locator("#email").fill(plan.email);
  await page.locator("#password").fill(plan.password);
  await page.locator("main form button[type=submit]").click();
  await page.locator("ul.scopes").waitFor();
  await look("consent");
  await page.locator("main form:not(:has(input[name=_method])) button[type=submit]").click();
  const shown = page.locator("input.oauth-code");
  await shown.waitFor();
  code = await shown.inputValue();
  await look("code");
}
for (const [name, address] of Object.entries(plan.pages ?? {})) {
  await page.goto(address);
  onConsole = onConsole.filter((line) => !line.includes("Failed to load resource"));
  await look(name);
}
await browser.close();
console.log(JSON.stringify({ code, pages: seen }));

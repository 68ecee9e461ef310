// A person in Chromium lets an app in. Takes a plan as JSON in its one argument, prints what
// happened as JSON.
//
//   names      { "home.test": 4443 }: the port of this machine that each name leads to
//   consent    the address an app sent the person to; signs in with `email` and `password`, agrees
//
// Answers { code }, as it is shown at the end.
import { launch } from "./chromium.mjs";

const plan = JSON.parse(process.argv[2]);
const places = Object.entries(plan.names).map(([name, port]) => [`${name}:443`, `127.0.0.1:${port}`]);
const browser = await launch(Object.fromEntries(places));
const context = await browser.newContext({
  ignoreHTTPSErrors: true,
  javaScriptEnabled: false,
  locale: "en-GB",
});
const page = await context.newPage();
page.setDefaultTimeout(20_000);
await page.goto(plan.consent);
await page.locator("#email").fill(plan.email);
await page.locator("#password").fill(plan.password);
await page.locator("main form button[type=submit]").click();
await page.locator("ul.scopes").waitFor();
await page.locator("main form:not(:has(input[name=_method])) button[type=submit]").click();
const code = await page.locator("textarea.oauth-code").inputValue();
await browser.close();
console.log(JSON.stringify({ code }));

// People in Chromium look at every page, without scripts, in every language, by light, in the
// dark and on a phone, and use the forms by keyboard alone. Takes a plan as JSON in its one
// argument, prints what happened as JSON.
//
//   place      where the server listens; it is http://local.test to the browser
//   shots      the folder for pictures: LANGUAGE/NAME-LOOK.png
//   consent    the path an app sends people to; `wrong`: one that asks wrongly
//   alice, bob { email, password }; bob has a second factor, whose next code is `code`
//   pages      { "post": { path, status } }: pages that anyone may read
//
// Answers { code, pictures, problems }. A problem is what axe finds, an error on the console (a
// style or picture that a policy blocked is one), text that runs out of a phone's screen, a page
// without its language or title, or something that the keyboard does not reach or show.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { launch } from "./chromium.mjs";

const plan = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const site = "http://local.test";
const languages = ["en", "de", "zh-CN"];
const looks = [
  { name: "light", colorScheme: "light", width: 1280, height: 800 },
  { name: "dark", colorScheme: "dark", width: 1280, height: 800 },
  { name: "phone", colorScheme: "light", width: 390, height: 844 },
];
const problems = [];
setTimeout(() => {
  console.error("the browser took too long", problems);
  process.exit(1);
}, 15 * 60_000).unref();
let pictures = 0;

const browser = await launch({ "local.test": plan.place });

// axe needs scripts, so it looks at a copy of the page in a window that has them.
const copy = await (await browser.newContext()).newPage();
await copy.goto(`${site}/health`);
copy.on("console", (message) => {
  if (message.type() === "error") problems.push(`a copy: ${message.text()}`);
});

// A person with a browser of their own who reads `language`.
async function person(language) {
  const context = await browser.newContext({
    baseURL: site,
    javaScriptEnabled: false,
    locale: language,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const told = [];
  page.on("console", (message) => {
    // That a page answers with an error is no error of the page.
    const own = message.location().url === page.url() && message.text().includes("status of 4");
    if (message.type() === "error" && !own) told.push(message.text());
  });
  page.on("pageerror", (error) => told.push(error.message));
  return { language, page, told, close: () => context.close() };
}

// Pictures the page that a person is on, in every look, and notes what is wrong with it.
async function look({ language, page, told }, name) {
  const wrong = (what) => problems.push(`${language} ${name}: ${what}`);
  const html = await page.content();
  for (const { name: as, colorScheme, width, height } of looks) {
    for (const window of [page, copy]) {
      await window.emulateMedia({ colorScheme });
      await window.setViewportSize({ width, height });
    }
    const path = join(plan.shots, language, `${name}-${as}.png`);
    await page.screenshot({ path, fullPage: true });
    pictures += 1;
    await copy.setContent(html);
    await copy.evaluate(axe);
    const found = await copy.evaluate(async () => {
      if (!document.styleSheets[0]?.cssRules.length) return ["it has no styles"];
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
      );
    });
    for (const problem of found) wrong(`${as}: ${problem}`);
    const tooWide = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    if (tooWide) wrong(`${as}: wider than the screen`);
  }
  const { lang, title, broken } = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    title: document.title,
    broken: [...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src),
  }));
  if (lang !== language) wrong(`its language is said to be ${lang}`);
  if (!/^\S.* - .*\S$/.test(title)) wrong(`its title is “${title}”`);
  for (const src of broken) wrong(`a picture is missing: ${src}`);
  for (const text of told.splice(0)) wrong(`console: ${text}`);
  if (language === "en") await tab(page, wrong);
}

// Goes through a page with the Tab key: the skip link comes first, everything is reached in the
// order of the page, and what has the focus shows it.
async function tab(page, wrong) {
  await page.setViewportSize({ width: 1280, height: 800 });
  const expected = await page.evaluate(() => {
    // Starts at the top again, wherever the focus was.
    document.activeElement?.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, summary");
    const reachable = [...all].filter((element) => element.checkVisibility());
    reachable.forEach((element, place) => element.setAttribute("data-place", place));
    return reachable.length;
  });
  const reached = [];
  for (let i = 0; i < expected * 4 + 8 && reached.at(-1) !== expected - 1; i += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      return {
        place: element.dataset.place,
        what: element.outerHTML.slice(0, 80),
        outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
        inside: box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight,
      };
    });
    // Films and sounds have controls of their own.
    if (now.place === undefined) continue;
    reached.push(Number(now.place));
    if (!now.outlined) wrong(`the focus does not show on ${now.what}`);
    if (!now.inside) wrong(`the focus is out of sight on ${now.what}`);
  }
  if (reached.join() !== [...Array(expected).keys()].join()) {
    wrong(`the Tab key goes ${reached.join(" ")} through ${expected} places`);
  }
}

// Whether the focus is on what `selector` says, as it is for people without a mouse.
async function focused({ language, page }, name, selector) {
  const is = await page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  if (!is) problems.push(`${language} ${name}: the focus is not on ${selector}`);
}

// Types into the field that has the focus, and goes on to the next one or sends the form.
async function type({ page }, text, key) {
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
  await page.keyboard.press(key);
}

async function send(who, text) {
  await Promise.all([who.page.waitForEvent("load"), type(who, text, "Enter")]);
}

async function signIn(who, { email, password }) {
  await type(who, email, "Tab");
  await send(who, password);
}

async function everyPage(language) {
  const visitor = await person(language);
  for (const [name, { path, status }] of Object.entries(plan.pages)) {
    const answer = await visitor.page.goto(path);
    if (answer.status() !== status) problems.push(`${name}: ${answer.status()}, not ${status}`);
    await look(visitor, name);
    const closed = visitor.page.locator("main details:not([open])");
    if (name.startsWith("post") && (await closed.count())) {
      await closed.first().locator("summary").focus();
      await visitor.page.keyboard.press("Enter");
      await visitor.page.waitForLoadState("networkidle");
      await look(visitor, `${name}-opened`);
    }
  }
  // The skip link leads past the head of the page.
  await visitor.page.goto("/");
  await visitor.page.keyboard.press("Tab");
  await visitor.page.screenshot({ path: join(plan.shots, language, "skip-link.png") });
  await focused(visitor, "skip link", "a.skip");
  await visitor.page.keyboard.press("Enter");
  await focused(visitor, "skip link", "main");
  await visitor.close();
}

// Alice is sent by an app, mistypes her password, signs in, looks and agrees.
async function consent(language) {
  const alice = await person(language);
  await alice.page.goto(plan.consent);
  await focused(alice, "sign-in", "#email");
  await look(alice, "sign-in");
  await alice.page.goto(plan.consent);
  await signIn(alice, { ...plan.alice, password: "not this one" });
  await focused(alice, "sign-in-wrong", "#password");
  await look(alice, "sign-in-wrong");
  await alice.page.locator("#password").focus();
  await send(alice, plan.alice.password);
  await look(alice, "consent");
  await alice.page.locator("main button").first().focus();
  await Promise.all([alice.page.waitForEvent("load"), alice.page.keyboard.press("Enter")]);
  await focused(alice, "code", "textarea.oauth-code");
  const code = await alice.page.locator("textarea.oauth-code").inputValue();
  await look(alice, "code");
  await alice.page.goto(plan.wrong);
  await look(alice, "wrong-request");
  await alice.page.goto("/");
  await look(alice, "front-signed-in");

  // A form of another time or place does nothing.
  await alice.page.evaluate(() => {
    document.querySelector("input[name=authenticity_token]").value = "0";
  });
  await alice.page.locator("header button").focus();
  await Promise.all([alice.page.waitForEvent("load"), alice.page.keyboard.press("Enter")]);
  await look(alice, "form-expired");
  await alice.close();
  return code;
}

// Bob needs a code as well.
async function secondFactor(language) {
  const bob = await person(language);
  await bob.page.goto("/auth/sign_in");
  await signIn(bob, plan.bob);
  await focused(bob, "second-factor", "#code");
  await look(bob, "second-factor");
  await bob.page.locator("#code").focus();
  await send(bob, "000000");
  await focused(bob, "second-factor-wrong", "#code");
  await look(bob, "second-factor-wrong");
  if (language === "en") {
    await bob.page.locator("#code").focus();
    await send(bob, plan.bob.code);
    if (!(await bob.page.locator("header .me").count())) problems.push("bob is not signed in");
  }
  await bob.close();
}

let code = null;
for (const language of languages) {
  await everyPage(language);
  code = await consent(language);
  await secondFactor(language);
}

// Someone guesses passwords until it is too much.
const guesser = await person("en");
await guesser.page.goto("/auth/sign_in");
await signIn(guesser, { email: "nobody@mail.test", password: "a guess" });
for (let i = 0; i < 25; i += 1) await send(guesser, "another guess");
await guesser.close();
for (const language of languages) {
  const late = await person(language);
  await late.page.goto("/auth/sign_in");
  await signIn(late, plan.alice);
  await look(late, "too-many-attempts");
  await late.close();
}
await browser.close();
console.log(JSON.stringify({ code, pictures, problems }));

// A small federated server on Fedify, with one person, @fred. The tests tell it what to do under
// /control/ and read there what reached its inbox; Fedify hands over only what it has verified.
//
// Environment: ORIGIN (https://fedify.test), PORT, and those of network.mjs.
import "./network.mjs";
import { createServer } from "node:http";
import { Temporal } from "@js-temporal/polyfill";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Create,
  Endpoints,
  Follow,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Undo,
} from "@fedify/vocab";

const origin = new URL(process.env.ORIGIN);
const name = "fred";
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];
const notes = new Map();
const received = [];
const refused = [];

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true });

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== name) return null;
    const [key] = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Fred of Fedify",
      summary: "<p>Lives on another server</p>",
      url: new URL(`/@${identifier}`, origin),
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: key.cryptographicKey,
      assertionMethods: [key.multikey],
    });
  })
  .setKeyPairsDispatcher((_, identifier) => (identifier === name ? keys : []));

federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
const followers = [];
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: followers }));
federation.setObjectDispatcher(Note, "/notes/{id}", (_, { id }) => notes.get(id) ?? null);

async function keep(activity) {
  received.push(await activity.toJsonLd({ format: "compact" }));
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (context, follow) => {
    await keep(follow);
    const follower = await follow.getActor(context);
    followers.push(follower);
    await context.sendActivity(
      { identifier: name },
      follower,
      new Accept({
        id: new URL(`#accepts/${followers.length}`, context.getActorUri(name)),
        actor: context.getActorUri(name),
        object: follow,
      }),
    );
  })
  .on(Create, async (_, create) => keep(create))
  .on(Undo, async (_, undo) => keep(undo))
  .on(Activity, async (_, activity) => keep(activity))
  .onError((_, error) => refused.push(String(error)));

// What the tests can ask for.
const control = {
  async follow({ handle }) {
    const context = federation.createContext(origin, undefined);
    const person = await context.lookupObject(handle);
    if (person === null) throw new Error(`${handle} was not found`);
    await context.sendActivity(
      { identifier: name },
      person,
      new Follow({
        id: new URL(`#follows/${Date.now()}`, context.getActorUri(name)),
        actor: context.getActorUri(name),
        object: person.id,
      }),
    );
    return { id: person.id.href, name: String(person.preferredUsername) };
  },

  async reply({ to, text }) {
    const context = federation.createContext(origin, undefined);
    const target = await context.lookupObject(to);
    if (target === null) throw new Error(`${to} was not found`);
    const author = await target.getAttribution(context);
    const id = String(notes.size + 1);
    const note = new Note({
      id: context.getObjectUri(Note, { id }),
      attribution: context.getActorUri(name),
      content: text,
      replyTarget: target.id,
      published: Temporal.Now.instant(),
      url: new URL(`/@${name}/${id}`, origin),
      to: PUBLIC_COLLECTION,
      ccs: [context.getFollowersUri(name), author.id],
      tags: [new Mention({ href: author.id, name: `@${author.preferredUsername}` })],
    });
    notes.set(id, note);
    await context.sendActivity(
      { identifier: name },
      author,
      new Create({
        id: new URL("#create", note.id),
        actor: context.getActorUri(name),
        object: note,
        to: PUBLIC_COLLECTION,
        ccs: [context.getFollowersUri(name), author.id],
      }),
    );
    return { id: note.id.href };
  },

  async received() {
    return { received, refused };
  },
};

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(request) {
  const bytes = await body(request);
  if (request.url.startsWith("/control/")) {
    const does = control[request.url.slice("/control/".length)];
    return Response.json(await does(bytes.length > 0 ? JSON.parse(bytes) : {}));
  }
  const asked = new Request(new URL(request.url, origin), {
    method: request.method,
    headers: Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
    body: bytes.length > 0 ? bytes : undefined,
  });
  const nothing = () => new Response("Not found", { status: 404 });
  return await federation.fetch(asked, { contextData: undefined, onNotFound: nothing });
}

createServer(async (request, response) => {
  let answered;
  try {
    answered = await answer(request);
  } catch (error) {
    answered = Response.json({ error: String(error?.stack ?? error) }, { status: 500 });
  }
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));

// What browser tests stand on: a running usherd (by way of tests/harness/serve.py), real Chromium, a customer's site on an
// origin of its own, and a watch over every page: an error in its console or a failed request that no test expected fails it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const kWaitMs = 15_000;

// ---- texts: what the workspace says stands in its catalogue, and is read from there ------------------------------------

const catalogue = () => JSON.parse(readFileSync(join(root, 'plugins/workspace/texts/en.json'), 'utf8'));
let texts;

/** The text of this key, as a string, or as a pattern where it has places to fill. */
export function say(key) {
  texts ??= catalogue();
  const text = texts[key];
  assert.ok(text !== undefined, `the workspace has no text "${key}"`);
  if (!text.includes('{')) return text;
  let pattern = '';
  let depth = 0;
  for (const char of text) {
    if (char === '{' && depth++ === 0) pattern += '.*';
    else if (char === '}') depth--;
    else if (depth === 0) pattern += char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  return new RegExp(`^${pattern}$`, 's');
}

// ---- the daemon --------------------------------------------------------------------------------------------------------

export const databases = process.env.USHER_TEST_DATABASE
  ? [process.env.USHER_TEST_DATABASE]
  : ['sqlite', ...(process.env.USHER_TEST_POSTGRESQL ? ['postgresql'] : [])];

class Usher {
  #process;
  #lines;
  #answers = [];
  #waiting = [];

  async start(options) {
    this.#process = spawn('python3', ['-m', 'tests.harness.serve'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#lines.on('line', (line) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting(JSON.parse(line));
      else this.#answers.push(JSON.parse(line));
    });
    await this.#ask(options);
    return this;
  }

  async #ask(what) {
    this.#process.stdin.write(JSON.stringify(what) + '\n');
    const answer = this.#answers.shift() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
    if (answer.problem) throw Object.assign(new Error(answer.problem), { missing: answer.missing });
    return Object.assign(this, answer);
  }

  kill = () => this.#ask({ do: 'kill' });
  again = () => this.#ask({ do: 'start' });
  restart = () => this.#ask({ do: 'restart' });
  readLog = async () => (await this.#ask({ do: 'log' })).log;

  async close() {
    if (this.#process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    await gone;
  }

  /** The API, as the preset administrator. Answers the body; throws where it is refused. */
  async api(method, path, body) {
    const answer = await fetch(`${this.url}/api/support${path}`, {
      method,
      headers: { 'X-API-Key': this.adminKey, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async defaultInbox() {
    return (await this.api('GET', '/inboxes')).data.find((inbox) => inbox.isDefault);
  }

  /** A person who was invited and has joined; a member of the default inbox unless told otherwise. */
  async person(name, roles = ['agent'], { seat = true, memberRole = 'agent' } = {}) {
    const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.test`;
    const password = `${name} has a long password`;
    const made = await this.api('POST', '/users', { name, email, roles, seat });
    const token = /[^/=]+$/.exec(made.invitation.url)[0];
    await this.api('POST', `/auth/invitations/${token}`, { password });
    if (memberRole) {
      await this.api('POST', `/inboxes/${(await this.defaultInbox()).id}/members`, { userId: made.data.id, role: memberRole });
    }
    return { id: made.data.id, name, email, password };
  }

  /** The texts of a conversation's messages, as the API tells them. */
  async messages(conversation) {
    const { data } = await this.api('GET', `/conversations/${conversation}/timeline?limit=200`);
    return data.filter((entry) => entry.kind === 'message' && entry.status !== 'undone');
  }
}

export const startUsher = (options = {}) => new Usher().start(options);

export const livechat = (site, config = {}) => ({
  id: 'web', name: 'Website', channel: 'livechat', config: { allowed_origins: [site.origin], ...config },
});

// ---- a customer's site ---------------------------------------------------------------------------------------------------

/** A page on another origin, with the one tag. `embed` is called when the page is asked for, as ports are known then. */
export async function startSite(publicUrl) {
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title><link rel="icon" href="data:,"></head>
      <body><main><h1>A shop</h1><p>Buy things.</p></main><script async src="${publicUrl()}/channels/web/widget.js"></script></body></html>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

// ---- the browser ---------------------------------------------------------------------------------------------------------

export async function launch() {
  const executablePath = process.env.USHER_TEST_CHROMIUM || '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw Object.assign(new Error(`${executablePath} is not there`), { missing: true });
  return chromium.launch({
    executablePath,
    headless: !process.env.USHER_BROWSER_SHOW,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-features=MediaRouter,OptimizationHints'],
  });
}

/** Everything that went wrong in a page; `during` names what a step of the test is bound to cause. */
export class Watch {
  #problems = [];
  #expected = [];

  constructor(name, page) {
    const add = (what) => {
      if (!this.#expected.some((pattern) => pattern.test(what))) this.#problems.push(`${name}: ${what}`);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') add(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => add(`error: ${error.stack ?? error}`));
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      if (why !== 'net::ERR_ABORTED') add(`request failed: ${request.method()} ${request.url()} ${why}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) add(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
  }

  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  async during(patterns, step) {
    const before = this.#expected.length;
    this.#expected.push(...patterns);
    try {
      return await step();
    } finally {
      this.#expected.splice(before, patterns.length);
    }
  }

  check() {
    assert.deepEqual(this.#problems, []);
  }
}

/** What a page says while the daemon is away, and nothing else. */
export const kDaemonAway = [/ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|ERR_INCOMPLETE/, /WebSocket connection to .* failed/, /answer 503/];
/** What a page says that asks who is signed in before anybody is. */
const kNotSignedIn = [/\b401\b/];

export async function newPage(browser, name, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(kWaitMs);
  const page = await context.newPage();
  page.watch = new Watch(name, page);
  page.name = name;
  return page;
}

// ---- a scenario ------------------------------------------------------------------------------------------------------------

/**
 * A test with a daemon, a customer's site and a browser. Its steps build on each other: the first that fails ends it, and
 * leaves a picture of every page in build/browser. `accounts` is asked with the site, whose origin it may name.
 */
export function scenario(name, { timeout = 240_000, accounts, ...options }, body) {
  test(name, { timeout }, async (t) => {
    const stage = new Stage(t);
    try {
      stage.site = await startSite(() => stage.usher.publicUrl);
      stage.usher = await startUsher({ ...options, accounts: accounts?.(stage.site) });
      stage.browser = await launch();
      await body(stage);
      for (const page of stage.pages) page.watch.check();
    } catch (error) {
      if (error.missing && !process.env.USHER_TEST_REQUIRE) return t.skip(error.message);
      await stage.takePictures();
      throw error;
    } finally {
      await stage.close();
    }
  });
}

class Stage {
  pages = [];

  constructor(t) {
    this.t = t;
  }

  async step(name, body) {
    let failed = null;
    await this.t.test(name, async () => {
      try {
        await body();
      } catch (error) {
        failed = error;
        throw error;
      }
    });
    if (failed) throw failed;
  }

  async newPage(name, options) {
    const page = await newPage(this.browser, name, options);
    this.pages.push(page);
    return page;
  }

  async signIn(person, options) {
    const agent = new Agent(this.usher, person, await this.newPage(person.name, options));
    await agent.signIn();
    return agent;
  }

  async arrive() {
    const visitor = new Visitor(this.usher, this.site, await this.newPage('visitor'));
    await visitor.page.goto(this.site.origin);
    await visitor.page.locator('usher-chat').waitFor();
    return visitor;
  }

  async takePictures() {
    mkdirSync(join(root, 'build/browser'), { recursive: true });
    for (const page of this.pages) {
      const path = join(root, 'build/browser', `${this.t.name} ${page.name}.png`.replace(/[^\w.-]+/g, '-'));
      await page.screenshot({ path }).catch((error) => console.error(`no picture of ${page.name}: ${error.message}`));
    }
    if (this.usher?.url) console.error((await this.usher.readLog()).split('\n').slice(-60).join('\n'));
  }

  async close() {
    await this.browser?.close();
    await this.usher?.close();
    await this.site?.close();
  }
}

// ---- what people do --------------------------------------------------------------------------------------------------------

export class Agent {
  constructor(usher, person, page) {
    Object.assign(this, { usher, person, page });
  }

  async signIn() {
    const { page, person } = this;
    page.watch.expect(...kNotSignedIn);
    await page.goto(`${this.usher.url}/login`);
    await page.getByLabel(say('auth.email'), { exact: true }).fill(person.email);
    await page.getByLabel(say('auth.password'), { exact: true }).fill(person.password);
    await page.getByRole('button', { name: say('auth.signin') }).click();
    await page.getByRole('navigation', { name: say('nav.main') }).waitFor();
  }

  async available() {
    await this.page.getByTestId('availability').click();
    await this.page.getByRole('menuitem', { name: new RegExp('^' + escaped(say('availability.available'))) }).click();
    await this.page.getByRole('button', { name: new RegExp(escaped(say('availability.available')), 'i') }).waitFor();
  }

  row(text) {
    return this.page.getByTestId('conversation-row').filter({ hasText: text });
  }

  async open(text) {
    await this.row(text).getByRole('link').click();
    await this.entry(text).first().waitFor();
  }

  entry(text) {
    return this.page.getByTestId('timeline-entry').filter({ hasText: text });
  }

  composer() {
    return this.page.locator('#composer-panel textarea');
  }

  async write(text) {
    await this.composer().fill(text);
    await this.page.getByRole('button', { name: say('composer.send') }).click();
  }

  async attach(name, mimeType, buffer) {
    await this.page.getByTestId('file-input').setInputFiles({ name, mimeType, buffer });
    await this.page.locator('.files').getByText(name).waitFor();
    await this.page.locator('.files progress').waitFor({ state: 'detached' });
  }

  /** Texts of the messages on screen, in their order. */
  texts() {
    return this.page.getByTestId('timeline-entry').evaluateAll((rows) =>
      rows.filter((row) => row.dataset.kind === 'message' && row.dataset.status !== 'undone')
        .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
        .map((row) => row.querySelector('.text')?.textContent ?? ''));
  }
}

export class Visitor {
  constructor(usher, site, page) {
    Object.assign(this, { usher, site, page });
  }

  /** The chat's own document; it lives in a frame from the public origin, inside a closed shadow root. */
  async frame() {
    return eventually('the chat frame', () =>
      this.page.frames().find((frame) => frame.url().startsWith(`${this.usher.publicUrl}/channels/web/frame`)));
  }

  async open() {
    await this.page.locator('usher-chat').click();
    const frame = await this.frame();
    await frame.locator('#composer').waitFor();
  }

  async write(text) {
    const frame = await this.frame();
    await frame.locator('#composer').fill(text);
    await frame.locator('#composer').press('Enter');
    await frame.locator('[data-part=message]').filter({ hasText: text }).waitFor();
  }

  async attach(name, mimeType, buffer) {
    const frame = await this.frame();
    await frame.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });
    await frame.locator('[data-part=upload][data-state=done]').filter({ hasText: name }).waitFor();
    await frame.locator('[data-part=send]').click();
  }

  async sees(text) {
    const frame = await this.frame();
    await frame.locator('[data-part=message]').filter({ hasText: text }).waitFor();
  }

  async texts() {
    const frame = await this.frame();
    return frame.locator('[data-part=message] .bubble').allTextContents();
  }
}

// ---- waiting ---------------------------------------------------------------------------------------------------------------

/** Asks until the answer is true. Waits for a condition, never for an amount of time. */
export async function eventually(what, ask, withinMs = kWaitMs) {
  const deadline = Date.now() + withinMs;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error.message; // not yet, or a page between two documents
    }
    assert.ok(Date.now() < deadline, `waited ${withinMs / 1000} s in vain: ${what} (last seen: ${JSON.stringify(last)})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function escaped(text) {
  return String(text instanceof RegExp ? text.source : text).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A PNG of one red pixel. */
export const kPicture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');

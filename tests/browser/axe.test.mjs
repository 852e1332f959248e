// Every route in light and dark, empty and full, with menus and dialogs open, and the widget: nothing that axe finds. A page
// that is wrong on purpose shows that it would.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import { launch, livechat, newPage, say, scenario } from './harness.mjs';

const kTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds in a page or frame, one line each. */
async function findings(frame) {
  await frame.evaluate(axe.source); // by the debugger's door, which no content policy closes
  const { violations } = await frame.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), kTags);
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}

async function clean(page, where, frame = page) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    assert.deepEqual(await findings(frame), [], `${where}, ${colorScheme}`);
  }
}

test('axe finds what is wrong', { timeout: 60_000 }, async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  const page = await newPage(browser, 'control');
  await page.setContent('<!doctype html><html><body><img src="data:,"><input><p style="color:#ccc;background:#fff">faint</p></body></html>');
  const found = (await findings(page)).join('\n');
  for (const rule of ['image-alt', 'label', 'color-contrast', 'html-has-lang']) assert.match(found, new RegExp(`^${rule}:`, 'm'));
});

const kSetting = { database: 'sqlite', accounts: (site) => [livechat(site)], timeout: 360_000 };
scenario('axe finds nothing in the workspace and the widget', kSetting, async (stage) => {
  const { usher } = stage;
  const stranger = await stage.newPage('stranger');
  stranger.watch.expect(/\b40[0-9]\b/);
  const admin = await stage.signIn({ name: 'administrator', email: usher.adminEmail, password: usher.adminPassword });
  const { page } = admin;
  const visitor = await stage.arrive();

  await stage.step('before anybody signed in', async () => {
    const { invitation } = await usher.api('POST', '/users', { name: 'Ida Invited', email: 'ida@example.test', roles: ['agent'], seat: true });
    for (const path of ['/login', '/setup?token=x', '/invitation?token=wrong', invitation.url]) {
      await stranger.goto(new URL(path, usher.url).href);
      await stranger.getByRole('heading', { level: 1 }).waitFor();
      await clean(stranger, path);
    }
    await stranger.goto(`${usher.url}/login`);
    await stranger.getByLabel(say('auth.email'), { exact: true }).fill('nobody@example.test');
    await stranger.getByLabel(say('auth.password'), { exact: true }).fill('wrong');
    await stranger.getByRole('button', { name: say('auth.signin') }).click();
    await stranger.locator('[aria-invalid=true]').waitFor();
    await clean(stranger, 'a refused sign-in');
  });

  const routes = ['/inbox/mine', '/inbox/all', '/inbox/unassigned', '/inbox/all?q=nothing-like-it', '/contacts', '/contacts?q=nothing-like-it', '/settings/inboxes', '/settings/inboxes/new', '/settings/channels', '/settings/channels/new', '/settings/channels/new?channel=open', '/settings/channels/web', '/settings/plugins',
    '/settings/users', '/settings/roles', '/settings/api-keys', '/me'];
  await stage.step('empty', async () => {
    for (const path of routes) {
      await page.goto(`${usher.url}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
      await page.waitForLoadState('networkidle');
      await clean(page, `${path}, empty`);
    }
    await page.watch.during([/\b404\b/, /Not found: \/nothing-here/], async () => {
      for (const path of ['/nothing-here', '/inbox/all/999999999', '/contacts/999999999']) {
        await page.goto(`${usher.url}${path}`);
        await page.waitForLoadState('networkidle');
        await clean(page, path);
      }
    });
  });

  await stage.step('the widget', async () => {
    await clean(visitor.page, 'the button on the page');
    await visitor.open();
    await visitor.write('Hello, is anybody there?');
    await clean(visitor.page, 'the chat', await visitor.frame());
  });

  await stage.step('full', async () => {
    for (const path of routes) {
      await page.goto(`${usher.url}${path}`);
      await page.waitForLoadState('networkidle');
      await clean(page, `${path}, full`);
    }
    const contact = (await usher.api('GET', '/contacts')).data[0];
    await page.goto(`${usher.url}/contacts/${contact.id}`);
    await page.getByRole('button', { name: say('contact.edit') }).waitFor();
    await clean(page, 'a contact');
    await page.getByRole('button', { name: say('contact.edit') }).click();
    await page.getByRole('button', { name: say('contact.attribute.add') }).click();
    await clean(page, 'a contact being edited');
    await page.getByRole('button', { name: say('common.cancel') }).click();
    await usher.api('POST', '/accounts', { id: 'desk', channel: 'open', name: 'Service desk', config: { inbound: { secrets: ['k1:a-secret-of-the-tests-of-32-bytes-and-more'] } } });
    await page.goto(`${usher.url}/settings/channels/desk`);
    await page.getByRole('button', { name: 'Replace Secrets' }).first().click();
    await page.getByLabel('Webhook address', { exact: true }).fill('nowhere');
    await page.getByRole('button', { name: say('common.save') }).click();
    await page.locator('[aria-invalid=true]').first().waitFor();
    await page.setViewportSize({ width: 1440, height: 3200 }); // whole: the bar with the buttons covers what is below it
    await clean(page, 'an account with a fault');
    await page.setViewportSize({ width: 1440, height: 900 });
    page.once('dialog', (dialog) => dialog.accept());
    await page.goto(`${usher.url}/inbox/all`);
    await admin.open('Hello, is anybody there?');
    await admin.write('Yes');
    await admin.entry('Yes').waitFor();
    await visitor.sees('Yes');
    await clean(page, 'a conversation');
    await clean(visitor.page, 'the chat with an answer', await visitor.frame());
    await page.getByRole('button', { name: say('emoji.title') }).click();
    await page.getByRole('dialog', { name: say('emoji.title') }).waitFor();
    await clean(page, 'emoji being chosen');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: say('composer.note') }).click();
    await clean(page, 'a note being written');
  });

  await stage.step('with menus and dialogs open', async () => {
    for (const [what, press] of [['help', '?'], ['the palette', 'Control+k'], ['availability', 'v'], ['a new conversation', 'c']]) {
      await page.locator('body').click({ position: { x: 5, y: 5 } });
      await page.keyboard.press(press);
      await page.locator('[role=dialog], [role=menu]').first().waitFor();
      await clean(page, what);
      await page.keyboard.press('Escape');
      await page.locator('[role=dialog], [role=menu]').first().waitFor({ state: 'detached' });
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await clean(page, 'a small screen');
  });
});

// The whole way without a mouse: sign in, become available, find, open, answer, undo, note, close. Focus is never lost.
import assert from 'node:assert/strict';
import { Agent, eventually, livechat, say, scenario } from './harness.mjs';

const kSetting = { database: 'sqlite', accounts: (site) => [livechat(site)], undoWindowSeconds: 5 };

scenario('an agent works by keyboard alone', kSetting, async (stage) => {
  const { usher } = stage;
  const person = await usher.person('Anna Agent');
  const page = await stage.newPage('agent');
  page.watch.expect(/\b401\b/);
  const agent = new Agent(usher, person, page);
  const visitor = await stage.arrive();
  const key = (...presses) => presses.reduce((before, press) => before.then(() => page.keyboard.press(press)), Promise.resolve());
  const focused = () => page.evaluate(() => {
    const { activeElement: at } = document;
    return at && at !== document.body ? `${at.tagName.toLowerCase()} ${at.getAttribute('aria-label') ?? at.textContent?.slice(0, 40) ?? ''}` : '';
  });
  const hasFocus = (locator, what) => eventually(`${what} to have the focus`, () => locator.evaluate((node) => node === document.activeElement));

  await stage.step('sign in: the first field has the focus, Enter sends', async () => {
    await page.goto(`${usher.url}/login`);
    await hasFocus(page.getByLabel(say('auth.email'), { exact: true }), 'the first field');
    await page.keyboard.type(person.email);
    await key('Tab');
    await page.keyboard.type(person.password);
    await key('Enter');
    await page.getByTestId('availability').waitFor();
  });

  await stage.step('every stop shows where the focus is', async () => {
    const seen = new Set();
    for (let stop = 0; stop < 40; stop++) {
      await key('Tab');
      const now = await focused();
      if (!now) continue; // the browser's own controls come between the last stop and the first
      seen.add(now);
      assert.ok(await page.evaluate(() => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
        const around = getComputedStyle(document.activeElement.parentElement);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none' || around.outlineStyle !== 'none';
      }), `no ring on ${now}`);
    }
    assert.ok(seen.size > 5, [...seen].join(' | '));
  });

  await stage.step('v makes available', async () => {
    await page.evaluate(() => document.activeElement?.blur());
    await key('v');
    await page.getByRole('menu').waitFor();
    await page.keyboard.type(say('availability.available').slice(0, 4));
    await key('Enter');
    await eventually('being available', async () =>
      (await usher.api('GET', '/users')).data.find((user) => user.id === person.id).availability.status === 'available');
  });

  await stage.step('j and Enter open what came in', async () => {
    await visitor.open();
    await visitor.write('Can you help me?');
    await agent.row('Can you help me?').waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await key('j', 'Enter');
    await agent.entry('Can you help me?').waitFor();
    assert.notEqual(await focused(), '');
  });

  await stage.step('r writes, Ctrl+Enter sends, z takes back', async () => {
    await key('r');
    await hasFocus(agent.composer(), 'the composer');
    await page.keyboard.type('Not like this');
    await key('Control+Enter');
    await agent.entry('Not like this').and(page.locator('[data-status=held]')).waitFor(); // stored: it can be taken back
    await hasFocus(agent.composer(), 'the composer');
    await key('Escape', 'z');
    await eventually('the text to be back', async () => (await agent.composer().inputValue()) === 'Not like this');
    await agent.composer().fill('');
    await key('Escape', 'r');
    await page.keyboard.type('Like this');
    await key('Control+Enter');
    await visitor.sees('Like this');
    assert.ok(!(await visitor.texts()).includes('Not like this'));
  });

  await stage.step('n notes', async () => {
    await key('Escape', 'n');
    await hasFocus(agent.composer(), 'the note');
    await page.keyboard.type('seems friendly');
    await key('Control+Enter');
    await eventually('the note', () => agent.page.locator('[data-testid=timeline-entry][data-kind=note]').filter({ hasText: 'seems friendly' }).count());
    assert.ok(!(await visitor.texts()).includes('seems friendly'));
  });

  await stage.step('Escape backs out of the palette and the help, and focus comes back', async () => {
    for (const [what, press] of [['palette', 'Control+k'], ['help', '?']]) {
      await key('Escape', press);
      await page.getByRole('dialog').waitFor();
      await key('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.equal(await page.getByRole('dialog').count(), 0, what);
    }
  });

  await stage.step('/ searches, an arrow leads to the hits', async () => {
    await key('/');
    await hasFocus(page.getByRole('searchbox'), 'the search');
    await page.keyboard.type('help me');
    await key('Enter');
    await agent.row('').first().waitFor();
    await key('ArrowDown');
    await eventually('a row to have the focus', async () => (await page.evaluate(() => document.activeElement?.getAttribute('role'))) === 'row');
  });

  await stage.step('e closes', async () => {
    await key('Enter');
    await agent.entry('Can you help me?').waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await key('e');
    await eventually('the conversation to be closed', async () => (await usher.api('GET', '/conversations')).data[0].status === 'closed');
  });
});

scenario('a visitor chats by keyboard alone', kSetting, async (stage) => {
  const { usher } = stage;
  const visitor = await stage.arrive();
  const { page } = visitor;
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const frame = await visitor.frame();
  await frame.locator('#composer').waitFor();
  await eventually('the composer to have the focus', () => frame.evaluate(() => document.activeElement?.id === 'composer'));
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  await visitor.sees('By keyboard');
  await eventually('the message to be stored', async () => (await usher.api('GET', '/conversations?q=keyboard')).data.length === 1);
  await page.keyboard.press('Escape');
  await eventually('the focus to be back on the button', () => page.evaluate(() => document.activeElement?.tagName === 'USHER-CHAT'));
});

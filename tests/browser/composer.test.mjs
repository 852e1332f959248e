// What helps while one works: the line above what came since one looked, which is everybody's own, and emoji at the caret.
import assert from 'node:assert/strict';
import { eventually, livechat, say, scenario } from './harness.mjs';

const kSetting = { database: 'sqlite', accounts: (site) => [livechat(site)] };

scenario('an agent comes back to a conversation, and writes', kSetting, async (stage) => {
  const { usher } = stage;
  const anna = await stage.signIn(await usher.person('Anna Agent'));
  const ben = await stage.signIn(await usher.person('Ben Agent'));
  const visitor = await stage.arrive();
  const line = (agent) => agent.page.getByText(say('timeline.fresh.own'));
  const lookedAt = (agent) => agent.page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([key]) => key.startsWith('usher.looked.'))?.[1] ?? '[]'));

  await stage.step('who never looked sees what nobody read', async () => {
    await visitor.open();
    await visitor.write('Good morning');
    await anna.page.goto(`${usher.url}/inbox/all`);
    await anna.open('Good morning');
    await anna.page.getByText(say('timeline.fresh'), { exact: true }).waitFor();
    assert.equal(await line(anna).count(), 0);
    await eventually('her mark', async () => (await lookedAt(anna)).length === 1);
  });

  await stage.step('who comes back sees where they left, and their own words are not new', async () => {
    await anna.write('Good morning to you');
    await anna.entry('Good morning to you').waitFor();
    const conversation = /\d+$/.exec(anna.page.url())[0];
    const { data } = await usher.api('GET', `/conversations/${conversation}/timeline`);
    const newest = data.at(-1).seq;
    await eventually('her mark to follow', async () => (await lookedAt(anna))[0][1] >= newest);
    await anna.page.keyboard.press('Escape');
    await anna.page.keyboard.press('Escape');
    await anna.page.goto(`${usher.url}/inbox/mine`);
    await visitor.write('Where is my order?');
    await anna.open('Where is my order?');
    await line(anna).waitFor();
    const row = anna.page.getByTestId('timeline-entry').filter({ has: line(anna) });
    assert.match(await row.textContent(), /Where is my order\?/);
  });

  await stage.step('a colleague has a mark of their own', async () => {
    await ben.page.goto(`${usher.url}/inbox/all`);
    await ben.open('Where is my order?');
    assert.equal(await line(ben).count(), 0);
  });

  await stage.step('an emoji goes in at the caret, by keyboard, and is offered again', async () => {
    const { page } = anna;
    const panel = page.getByRole('dialog', { name: say('emoji.title') });
    const open = () => page.getByRole('button', { name: say('emoji.title') }).press('Enter');
    const hasFocus = (locator, what) => eventually(`${what} to have the focus`, () => locator.evaluate((node) => node === document.activeElement));
    await anna.composer().fill('Hello !');
    await anna.composer().evaluate((node) => node.setSelectionRange(6, 6));
    await open();
    await panel.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const chosen = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('Enter');
    await panel.waitFor({ state: 'detached' });
    await hasFocus(anna.composer(), 'the text');
    assert.equal(await anna.composer().inputValue(), `Hello ${chosen}!`);
    await page.keyboard.type('?');
    assert.equal(await anna.composer().inputValue(), `Hello ${chosen}?!`);
    await open();
    await panel.waitFor();
    assert.equal(await panel.getByRole('button').first().textContent(), chosen);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await hasFocus(anna.composer(), 'the text');
    await anna.page.getByRole('button', { name: say('composer.send') }).click();
    await visitor.sees(`Hello ${chosen}?!`);
  });
});

// An agent writes first: by the key, the palette, the button and from a contact; the customer found by name; faults at their
// field; what was written survives closing and a daemon that is away; nobody gets a message twice.
import assert from 'node:assert/strict';
import { eventually, kDaemonAway, say, scenario } from './harness.mjs';

const desk = (id, name) => ({
  id, name, channel: 'open', config: { inbound: { secrets: ['k1:a-secret-of-the-tests-of-32-bytes-and-more'] } }, egress: { allow_cidrs: ['127.0.0.0/8'] },
});
const kSetting = { database: 'sqlite', accounts: () => [desk('desk', 'Service desk'), desk('shop', 'Shop')], undoWindowSeconds: 5 };

scenario('an agent begins a conversation', kSetting, async (stage) => {
  const { usher } = stage;
  const person = await usher.person('Anna Agent');
  await usher.api('POST', '/conversations', { accountId: 'shop', to: 'ada@shop', contactName: 'Ada Lovelace', message: { text: 'Welcome.' } });
  const agent = await stage.signIn(person);
  const { page } = agent;
  const dialog = page.getByRole('dialog', { name: say('begin.title') });
  const to = dialog.getByRole('combobox', { name: say('begin.to') });
  const account = dialog.getByLabel(say('begin.account'), { exact: true });
  const message = dialog.getByLabel(say('begin.message'), { exact: true });
  const hasFocus = (locator, what) => eventually(`${what} to have the focus`, () => locator.evaluate((node) => node === document.activeElement));
  const conversations = async () => (await usher.api('GET', '/conversations')).data;

  await stage.step('c opens it, a name finds the address', async () => {
    await page.keyboard.press('c');
    await hasFocus(to, 'the address');
    await page.keyboard.type('lovel');
    await dialog.getByRole('option', { name: /Ada Lovelace/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await to.inputValue(), 'ada@shop');
    assert.equal(await account.inputValue(), 'shop');
  });

  await stage.step('Escape closes it, and what was written stays', async () => {
    await message.fill('Not yet');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: say('command.begin') }).click();
    assert.equal(await message.inputValue(), 'Not yet');
    assert.equal(await to.inputValue(), 'ada@shop');
  });

  await stage.step('faults stand at their fields', async () => {
    await to.fill('grace@desk');
    await account.selectOption('desk');
    await message.fill('   ');
    await page.watch.during([/\b422\b/], async () => {
      await dialog.getByRole('button', { name: say('begin.send') }).click();
      await dialog.locator('textarea[aria-invalid=true]').waitFor();
    });
    await hasFocus(message, 'the message');
  });

  await stage.step('sent, it opens, mine', async () => {
    await dialog.getByLabel(say('begin.name'), { exact: true }).fill('Grace Hopper');
    await message.fill('Your order is ready.');
    await message.press('Control+Enter');
    await page.waitForURL(/\/inbox\/mine\/\d+/);
    await agent.entry('Your order is ready.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    const made = (await conversations()).find((c) => c.contact.address === 'grace@desk');
    assert.deepEqual([made.status, made.assigneeId, made.contact.name], ['unanswered', person.id, 'Grace Hopper']);
  });

  await stage.step('one that is open already takes the message, and says so', async () => {
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('Control+k');
    await page.keyboard.type(say('command.begin'));
    await page.keyboard.press('Enter');
    await to.fill('grace@desk');
    await account.selectOption('desk');
    await message.fill('It waits at the desk.');
    await message.press('Control+Enter');
    await page.getByText(say('begin.reused')).waitFor();
    await agent.entry('It waits at the desk.').waitFor();
    assert.equal((await conversations()).length, 2);
  });

  await stage.step('a daemon that is away costs nothing', async () => {
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('c');
    await to.fill('carl@desk');
    await account.selectOption('desk');
    await message.fill('Written without a connection');
    await page.watch.during(kDaemonAway, async () => {
      await usher.kill();
      await message.press('Control+Enter');
      await dialog.getByRole('alert').filter({ hasText: say('error.offline') }).waitFor();
      await usher.again();
      await message.press('Control+Enter');
      await page.waitForURL(/\/inbox\/mine\/\d+/);
    });
    await agent.entry('Written without a connection').waitFor();
    const made = (await conversations()).filter((c) => c.contact.address === 'carl@desk');
    assert.equal(made.length, 1);
    assert.equal((await usher.messages(made[0].id)).length, 1);
  });

  await stage.step('a contact is written to from their page', async () => {
    const contact = (await usher.api('GET', '/contacts?q=lovelace')).data[0];
    await page.goto(`${usher.url}/contacts/${contact.id}`);
    await page.getByRole('button', { name: 'Write to ada@shop' }).click();
    assert.equal(await account.inputValue(), 'shop');
    await hasFocus(message, 'the message');
    await page.keyboard.press('Escape');
  });

  await stage.step('who may not write has neither key nor button', async () => {
    const viewer = await stage.signIn(await usher.person('Vera Viewer', ['viewer'], { seat: false, memberRole: 'viewer' }));
    await viewer.page.goto(`${usher.url}/inbox/all`);
    await viewer.row('Ada Lovelace').waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: say('command.begin') }).count(), 0);
    await viewer.page.keyboard.press('c');
    await viewer.page.keyboard.press('?');
    await viewer.page.getByRole('dialog', { name: say('help.title') }).waitFor();
    assert.equal(await viewer.page.getByRole('dialog').count(), 1);
  });
});

// Contacts: a long list found, read and walked by keyboard; one of them changed, another made; faults at their field; what is
// shown without a connection, and to those who may not see it.
import assert from 'node:assert/strict';
import { eventually, kDaemonAway, livechat, say, scenario } from './harness.mjs';

const kSetting = { database: 'sqlite', accounts: (site) => [livechat(site)] };
const kCount = 130;

scenario('an agent looks after contacts', kSetting, async (stage) => {
  const { usher } = stage;
  const person = await usher.person('Anna Agent');
  const agent = await stage.signIn(person);
  const { page } = agent;
  const rows = page.getByTestId('contact-row');
  const row = (name) => rows.filter({ hasText: name });
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const field = (key, within = page) => within.getByLabel(say(key), { exact: true });

  await stage.step('an empty list says what comes here', async () => {
    await page.getByRole('navigation', { name: say('nav.main') }).getByRole('link', { name: say('nav.contacts') }).click();
    await heading(say('nav.contacts'));
    await page.getByText(say('contacts.empty.text')).waitFor();
  });

  await stage.step('a long list is drawn in parts and read to its end', async () => {
    for (let i = 1; i <= kCount; i++) {
      await usher.api('POST', '/contacts', { name: `Person ${String(i).padStart(3, '0')}`, email: `person${i}@example.test`, tags: i % 2 ? ['press'] : [] });
    }
    await page.reload();
    await row(`Person ${kCount}`).waitFor();
    assert.ok((await rows.count()) < 60, 'only what is near is drawn');
    await row(`Person ${kCount}`).focus();
    await eventually('the last row', async () => {
      await page.keyboard.press('End');
      return (await row('Person 001').count()) === 1;
    });
    await eventually('the last row to have the focus', () => row('Person 001').evaluate((node) => node === document.activeElement));
  });

  await stage.step('a search narrows it, is in the address, and Enter opens the hit', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('person77@');
    await page.waitForURL(/\?q=person77/);
    await row('Person 077').waitFor();
    await eventually('one row', async () => (await rows.count()) === 1);
    await page.keyboard.press('ArrowDown');
    await eventually('the row to have the focus', () => row('Person 077').evaluate((node) => node === document.activeElement));
    await page.keyboard.press('Enter');
    await heading('Person 077');
    await page.getByText(say('contact.history.none')).waitFor();
    await page.getByText(say('contact.identities.none')).waitFor();
  });

  await stage.step('a fault is told at its field, and nothing is lost', async () => {
    await page.getByRole('button', { name: say('contact.edit') }).click();
    await field('contact.name').fill('');
    await field('contact.company').fill('Analytical Engines');
    await page.watch.during([/\b422\b/], async () => {
      await page.getByRole('button', { name: say('contact.save') }).click();
      await page.locator('[aria-invalid=true]').waitFor();
    });
    assert.ok(await field('contact.name').evaluate((node) => node === document.activeElement), 'the field has the focus');
    assert.equal(await field('contact.company').inputValue(), 'Analytical Engines');
  });

  await stage.step('changes are kept: fields, tags, further details', async () => {
    await field('contact.name').fill('Ada Lovelace');
    const tags = page.getByRole('combobox', { name: say('details.tags') });
    await tags.fill('vip');
    await tags.press('Enter');
    await page.getByRole('button', { name: say('contact.attribute.add') }).click();
    await page.keyboard.type('plan');
    await page.keyboard.press('Tab');
    await page.keyboard.type('enterprise');
    await page.getByRole('button', { name: say('contact.save') }).click();
    await heading('Ada Lovelace');
    await page.getByText('enterprise').waitFor();
    const edit = page.getByRole('button', { name: say('contact.edit') });
    await eventually('the focus to be on the button again', () => edit.evaluate((node) => node === document.activeElement));
    const { data } = await usher.api('GET', '/contacts?q=lovelace');
    assert.deepEqual([data[0].company, data[0].tags, data[0].attributes], ['Analytical Engines', ['press', 'vip'], { plan: 'enterprise' }]);
  });

  await stage.step('leaving a changed form asks first', async () => {
    await page.getByRole('button', { name: say('contact.edit') }).click();
    await field('contact.phone').fill('+49 30 1');
    page.once('dialog', (dialog) => dialog.dismiss());
    await page.getByRole('link', { name: say('nav.contacts') }).last().click();
    assert.equal(await field('contact.phone').inputValue(), '+49 30 1');
    await page.getByRole('button', { name: say('common.cancel') }).click();
    await page.keyboard.press('Escape');
    await heading(say('nav.contacts'));
  });

  await stage.step('a contact is made', async () => {
    await page.getByRole('button', { name: say('contact.create') }).first().click();
    const dialog = page.getByRole('dialog');
    await field('contact.name', dialog).fill('Grace Hopper');
    await field('contact.email', dialog).fill('grace@example.test');
    await dialog.getByRole('button', { name: say('contact.create') }).click();
    await heading('Grace Hopper');
    assert.equal((await usher.api('GET', '/contacts?q=hopper')).data.length, 1);
  });

  await stage.step('who wrote is found with what was said, and back from the conversation', async () => {
    const visitor = await stage.arrive();
    visitor.page.watch.expect(...kDaemonAway); // it stays open while the daemon is killed below
    await visitor.open();
    await visitor.write('Is this the shop?');
    await page.goto(`${usher.url}/inbox/all`);
    await agent.open('Is this the shop?');
    await page.getByRole('link', { name: say('contact.open') }).click();
    await page.getByRole('heading', { level: 1, name: say('contact.visitor') }).waitFor();
    await page.getByText(say('contact.identity.anonymous')).waitFor();
    await visitor.write('Hello?');
    await page.getByRole('link', { name: /Hello\?/ }).click();
    await agent.entry('Hello?').waitFor();
  });

  await stage.step('a name given here is the conversation\'s at once', async () => {
    const details = page.locator('[data-details]');
    await details.getByRole('button', { name: say('contact.edit') }).click();
    await field('contact.name', details).fill('Carl Customer');
    await details.getByRole('button', { name: say('contact.save') }).click();
    await page.getByRole('heading', { level: 2, name: 'Carl Customer' }).first().waitFor();
    await agent.row('Carl Customer').waitFor();
  });

  await stage.step('one that is not there', async () => {
    await page.watch.during([/\b404\b/], async () => {
      await page.goto(`${usher.url}/contacts/999999999`);
      await page.getByText(say('contact.missing')).waitFor();
    });
  });

  await stage.step('without a connection the list says so and comes back', async () => {
    await page.goto(`${usher.url}/contacts`);
    await row('Grace Hopper').waitFor();
    await page.watch.during(kDaemonAway, async () => {
      await usher.kill();
      await page.keyboard.press('/');
      await page.keyboard.type('lovelace');
      await page.getByRole('alert').filter({ hasText: say('error.offline') }).waitFor();
      await usher.again();
      await page.getByRole('alert').getByRole('button', { name: say('common.retry') }).click();
      await row('Ada Lovelace').waitFor();
    });
  });

  await stage.step('who may not see contacts is told what it takes, and has no way there', async () => {
    const viewer = await stage.signIn(await usher.person('Vera Viewer', ['viewer'], { seat: false, memberRole: 'viewer' }));
    assert.equal(await viewer.page.getByRole('link', { name: say('nav.contacts') }).count(), 0);
    await viewer.page.goto(`${usher.url}/contacts`);
    await viewer.page.getByText('inbox/contacts/view').waitFor();
    await viewer.page.goto(`${usher.url}/contacts/1`);
    await viewer.page.getByText('inbox/contacts/view').waitFor();
  });
});

// Channels are set up in the browser: an account is made from its plugin's schema, tried, changed, turned off and deleted; what
// is secret is written and never shown; what stands in the configuration file is only shown. And the plugins behind it all.
import assert from 'node:assert/strict';
import { eventually, livechat, say, scenario } from './harness.mjs';

const kSecret = 'k1:a-secret-of-the-tests-of-32-bytes-and-more';
const kSetting = { database: 'sqlite', accounts: (site) => [livechat(site)] };

scenario('an administrator sets up channels', kSetting, async (stage) => {
  const { usher } = stage;
  const admin = await stage.signIn({ name: 'administrator', email: usher.adminEmail, password: usher.adminPassword });
  const { page } = admin;
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const field = (key, within = page) => within.getByLabel(say(key), { exact: true });
  const button = (key, within = page) => within.getByRole('button', { name: say(key), exact: true });
  const group = (name) => page.getByRole('group', { name, exact: true });
  const account = async (id) => (await usher.api('GET', `/accounts/${id}`)).data;
  const setUp = async (name) => {
    await page.goto(`${usher.url}/settings/channels`);
    await page.getByRole('link', { name: `Add account on ${name}` }).click();
    await heading(say('account.create'));
  };
  const invalid = () => page.locator('[aria-invalid=true]').first();

  await stage.step('a name proposes the id; a fault is told at its field before anything is sent', async () => {
    await setUp('Open channel');
    await field('account.name').fill('Über uns & Co.');
    assert.equal(await field('account.id').inputValue(), 'uber-uns-co');
    await group('Outbound').getByLabel('Webhook address', { exact: true }).fill('nowhere');
    await button('account.create').click();
    await page.getByText(say('schema.fault.uri')).waitFor();
    await eventually('the field to have the focus', () => invalid().evaluate((node) => node === document.activeElement));
    await group('Outbound').getByLabel('Webhook address', { exact: true }).fill('');
  });

  await stage.step('what only the server knows stands at its field too', async () => {
    await field('account.id').fill('Not this');
    await page.watch.during([/\b422\b/], async () => {
      await button('account.create').click();
      await invalid().waitFor();
    });
    assert.ok(await field('account.id').evaluate((node) => node.getAttribute('aria-invalid') === 'true'));
    await field('account.id').fill('web');
    await page.watch.during([/\b409\b/], async () => {
      await button('account.create').click();
      await page.getByRole('alert').filter({ hasText: /web/ }).waitFor();
    });
    await field('account.id').fill('desk');
  });

  await stage.step('tried, then made: it runs at once', async () => {
    await group('Inbound').getByRole('button', { name: 'Add: Secrets' }).click();
    await page.keyboard.type(kSecret);
    await page.getByLabel('Identity secret', { exact: true }).fill('proves who they are');
    await button('account.test').click();
    await page.getByText(say('account.works')).waitFor();
    await button('account.create').click();
    await heading('Über uns & Co.');
    await page.getByText(say('account.ready'), { exact: true }).waitFor();
    assert.match(await page.getByRole('textbox', { name: say('account.address.of') }).inputValue(), /\/channels\/desk$/);
    assert.equal((await account('desk')).state, 'ready');
  });

  await stage.step('a secret is set and nowhere on the page; untouched it is kept, replaced it is another', async () => {
    const secrets = group('Inbound').getByTestId('secret').filter({ hasText: 'Secrets' });
    await secrets.getByText(say('secret.set')).waitFor();
    assert.ok(!(await page.content()).includes(kSecret));
    await field('account.name').fill('Service desk');
    await group('Inbound').getByLabel('Rate', { exact: true }).fill('70');
    await button('common.save').click();
    await page.getByText(say('common.saved')).waitFor();
    assert.deepEqual([(await account('desk')).secretsSet, (await account('desk')).config.inbound.rate_per_s], [['/inbound/secrets', '/identity_secret'], 70]);
    await secrets.getByRole('button', { name: 'Replace Secrets' }).click();
    await page.keyboard.type('k2:another-secret-of-32-bytes-and-more-of-them');
    await secrets.getByRole('button', { name: say('secret.keep') }).click();
    await secrets.getByText(say('secret.set')).waitFor();
    await page.getByRole('button', { name: 'Clear Identity secret' }).click();
    await page.getByText(say('secret.cleared')).waitFor();
    await button('common.save').click();
    await eventually('the secret to be gone', async () => (await account('desk')).secretsSet.join() === '/inbound/secrets');
  });

  await stage.step('what the plugin refuses is said, and changes nothing', async () => {
    const secrets = group('Inbound').getByTestId('secret').filter({ hasText: 'Secrets' });
    await secrets.getByRole('button', { name: 'Clear Secrets' }).click();
    await page.watch.during([/\b422\b/], async () => {
      await button('common.save').click();
      await page.getByRole('alert').filter({ hasText: 'refused' }).waitFor();
    });
    assert.deepEqual((await account('desk')).secretsSet, ['/inbound/secrets']);
    await button('common.discard').click();
    await secrets.getByText(say('secret.set')).waitFor();
  });

  await stage.step('who was slower is told, and gets the newest', async () => {
    await usher.api('PATCH', '/accounts/desk', { name: 'Renamed elsewhere' });
    await field('account.name').fill('Mine');
    await page.watch.during([/\b412\b/], async () => {
      await button('common.save').click();
      await page.getByText(say('common.changed')).waitFor();
    });
    await button('common.reload').click();
    await eventually('the newest name', async () => (await field('account.name').inputValue()) === 'Renamed elsewhere');
  });

  await stage.step('turned off, and deleted after a question', async () => {
    await page.getByRole('checkbox', { name: say('account.enabled') }).uncheck();
    await button('common.save').click();
    await page.getByText(say('account.disabled'), { exact: true }).waitFor();
    await button('account.delete').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(say('account.delete.text')).waitFor();
    await button('account.delete', dialog).click();
    await heading(say('settings.channels'));
    await page.getByRole('link', { name: 'Website' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Renamed elsewhere' }).count(), 0);
  });

  await stage.step('lists, choices and a week are drawn from the schema and arrive as they should', async () => {
    await setUp('Live chat');
    await field('account.name').fill('Shop chat');
    await group('Sites').getByRole('button', { name: 'Add: Origin' }).click();
    await page.keyboard.type('https://shop.example');
    await page.getByLabel('Language', { exact: true }).selectOption('de');
    await page.getByRole('checkbox', { name: 'Sound' }).check();
    await group('Form before the chat').getByRole('button', { name: 'Add: Field' }).click();
    await page.keyboard.type('name');
    await page.getByLabel('Label', { exact: true }).fill('Your name');
    await page.getByLabel('Type', { exact: true }).selectOption('text');
    await page.getByRole('button', { name: 'Set up: Working hours' }).click();
    await page.getByLabel('Time zone', { exact: true }).fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Add hours on Monday' }).click();
    await button('account.create').click();
    await heading('Shop chat');
    const { config } = await account('shop-chat');
    assert.deepEqual(config.allowed_origins, ['https://shop.example']);
    assert.deepEqual([config.language, config.sound], ['de', true]);
    assert.deepEqual(config.pre_chat_form.map(({ key, label, type }) => ({ key, label, type })), [{ key: 'name', label: 'Your name', type: 'text' }]);
    assert.deepEqual(config.working_hours.schedule.monday, [{ start: '09:00', end: '17:00' }]);
  });

  await stage.step('what stands in the file is shown, with its place, and cannot be changed here', async () => {
    await page.goto(`${usher.url}/settings/channels/web`);
    await page.getByText(say('account.source')).waitFor();
    assert.ok(await field('account.name').isDisabled());
    assert.equal(await button('common.save').count(), 0);
    assert.equal(await button('account.delete').count(), 0);
    await button('account.test').click();
    await page.getByText(say('account.works')).waitFor();
  });

  await stage.step('one that is not there', async () => {
    await page.watch.during([/\b404\b/], async () => {
      await page.goto(`${usher.url}/settings/channels/nothing`);
      await page.getByText(say('account.missing')).waitFor();
    });
  });

  await stage.step('plugins: what is loaded and how it is; one is loaded anew', async () => {
    await page.goto(`${usher.url}/settings/plugins`);
    const row = page.getByRole('row').filter({ hasText: 'Live chat' });
    await row.getByRole('link', { name: 'Website' }).waitFor();
    await row.getByRole('button', { name: 'Reload Live chat' }).click();
    await button('plugins.reload', page.getByRole('dialog')).click();
    await page.getByText(say('plugins.same')).waitFor();
  });

  await stage.step('who may not is told what it takes', async () => {
    const agent = await stage.signIn(await usher.person('Anna Agent'));
    for (const [path, permission] of [['channels', 'inbox/setup/channels'], ['channels/web', 'inbox/setup/channels'], ['plugins', 'inbox/setup/plugins']]) {
      await agent.page.goto(`${usher.url}/settings/${path}`);
      await agent.page.getByText(permission).waitFor();
    }
  });
});

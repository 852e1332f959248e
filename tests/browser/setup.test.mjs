// A first start: the printed link makes the first administrator, once; they set up an inbox and invite a colleague.
// proves S1-02 S3-02 S3-05 S3-25 S4-02
import assert from 'node:assert/strict';
import { say, scenario } from './harness.mjs';

scenario('the first administrator comes by the printed link', { database: 'sqlite', presets: false }, async (stage) => {
  const { usher } = stage;
  const link = /http:\/\/127\.0\.0\.1:\d+\/setup\?token=[\w-]+/.exec(await usher.readLog())?.[0];
  assert.ok(link, 'the log holds the link');
  const page = await stage.newPage('administrator');
  const stranger = await stage.newPage('stranger');
  const colleague = await stage.newPage('colleague');
  for (const one of [page, stranger, colleague]) one.watch.expect(/\b401\b/);
  const email = (on) => on.getByLabel(say('auth.email'), { exact: true });
  const password = (on) => on.getByLabel(say('auth.password'), { exact: true });

  await stage.step('a guessed link does not', async () => {
    await stranger.goto(link.replace(/token=.*/, 'token=guess'));
    await stranger.getByLabel(say('auth.name'), { exact: true }).fill('Mallory');
    await email(stranger).fill('mallory@example.test');
    await password(stranger).fill('a long enough password');
    await stranger.getByRole('button', { name: say('setup.create') }).click();
    await stranger.getByText(say('setup.badtoken')).waitFor();
  });

  await stage.step('a password that is too short is told on its field', async () => {
    await page.goto(link);
    await page.getByLabel(say('auth.name'), { exact: true }).fill('Ada Admin');
    await email(page).fill('ada@example.test');
    await password(page).fill('short');
    await page.watch.during([/\b422\b/], async () => {
      await page.getByRole('button', { name: say('setup.create') }).click();
      await page.locator('[aria-invalid=true]').waitFor();
    });
  });

  await stage.step('the right link does, and leads to the inboxes', async () => {
    await password(page).fill('a long enough password');
    await page.getByRole('button', { name: say('setup.create') }).click();
    await page.waitForURL('**/settings/inboxes');
    await page.getByRole('heading', { level: 1, name: say('settings.inboxes') }).waitFor();
  });

  await stage.step('a second time it is spent', async () => {
    await stranger.goto(link);
    await stranger.getByText(say('setup.done')).waitFor();
  });

  await stage.step('an inbox is made', async () => {
    await page.getByRole('link', { name: say('inboxes.create') }).click();
    await page.getByRole('heading', { level: 1, name: say('inboxes.create') }).waitFor();
    await page.getByLabel(say('inboxes.name'), { exact: true }).fill('Website Support');
    await page.getByRole('button', { name: say('inboxes.create') }).click();
    await page.getByRole('heading', { level: 1, name: 'Website Support' }).waitFor();
  });
  const inbox = page.url();

  await stage.step('a colleague is invited, joins, and is away at first', async () => {
    await page.goto(new URL('/settings/users', usher.url).href);
    await page.getByRole('button', { name: say('users.invite') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(say('users.name'), { exact: true }).fill('Carl Colleague');
    await email(dialog).fill('carl@example.test');
    await dialog.getByRole('checkbox', { name: 'Agent', exact: true }).check();
    await dialog.getByRole('button', { name: say('users.invite') }).click();
    const invitation = await dialog.getByRole('textbox', { name: say('users.link') }).inputValue();
    assert.equal(new URL(invitation).origin, new URL(usher.url).origin);
    await colleague.goto(invitation);
    await password(colleague).fill('another long password');
    await colleague.getByRole('button', { name: say('invitation.accept') }).click();
    await colleague.getByRole('button', { name: `Availability: ${say('availability.away')}` }).waitFor();
  });

  await stage.step('and becomes a member of the inbox', async () => {
    await page.goto(inbox);
    await page.getByLabel(say('members.user'), { exact: true }).selectOption({ label: 'Carl Colleague (carl@example.test)' });
    await page.getByRole('button', { name: say('members.add') }).click();
    await page.getByRole('list', { name: say('inboxes.members') }).getByText('Carl Colleague').waitFor();
  });
});

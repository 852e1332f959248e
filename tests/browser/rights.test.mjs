// What a right allows, and what goes when it goes: an agent hands over their own conversation; a supervisor who becomes an
// agent keeps nothing on screen that an agent may not see; an inbox's admin sets up that inbox and no other.
import assert from 'node:assert/strict';
import { eventually, say, scenario } from './harness.mjs';

const desk = {
  id: 'desk', name: 'Service desk', channel: 'open', config: { inbound: { secrets: ['k1:a-secret-of-the-tests-of-32-bytes-and-more'] } }, egress: { allow_cidrs: ['127.0.0.0/8'] },
};

scenario('rights in the workspace', { database: 'sqlite', accounts: () => [desk] }, async (stage) => {
  const { usher } = stage;
  const anna = await usher.person('Anna Agent');
  const ben = await usher.person('Ben Agent');
  const sue = await usher.person('Sue Supervisor', ['supervisor'], { memberRole: null });
  const begin = async (name, userId) => {
    const { data } = await usher.api('POST', '/conversations', { accountId: 'desk', to: `${name}@desk`, contactName: name, message: { text: `Welcome, ${name}.` } });
    await usher.api('POST', `/conversations/${data.id}/assign`, { userId });
    return data.id;
  };
  const assignee = async (id) => (await usher.api('GET', `/conversations/${id}`)).data.assigneeId;
  const ofAnna = await begin('Ada', anna.id);
  const ofBen = await begin('Grace', ben.id);

  const supervisor = await stage.signIn(sue);
  await stage.step('a supervisor who is no member sees both, and has one open', async () => {
    await supervisor.page.goto(`${usher.url}/inbox/all`);
    await supervisor.row('Ada').waitFor();
    await supervisor.open('Welcome, Grace.');
  });

  await stage.step('an agent hands over their own conversation', async () => {
    const { page, ...agent } = await stage.signIn(anna);
    await page.goto(`${usher.url}/inbox/mine/${ofAnna}`);
    const control = page.locator('[data-assign]');
    await control.waitFor();
    await page.locator('body').press('a');
    await eventually('the control to have the focus', () => control.evaluate((node) => node === document.activeElement));
    assert.deepEqual(await control.locator('option').evaluateAll((all) => all.map((one) => one.value).sort()), ['', anna.id, ben.id].sort());
    await control.selectOption(ben.id);
    await page.getByText(say('action.handedover')).waitFor();
    await control.waitFor({ state: 'detached' }); // another's is not hers to hand on
    assert.equal(await assignee(ofAnna), ben.id);
  });

  await stage.step('who is made an agent keeps nothing of what others work on', async () => {
    const { page } = supervisor;
    await page.watch.during([/\b40[34]\b/], async () => {
      await usher.api('PATCH', `/users/${sue.id}`, { roles: ['agent'] });
      await page.getByText(say('conversation.gone'), { exact: true }).waitFor();
      await eventually('the list to be empty', async () => (await page.getByTestId('conversation-row').count()) === 0);
      assert.equal(await page.getByText('Welcome, Grace.').count(), 0);
    });
  });
});

scenario("an inbox's admin sets up that inbox", { database: 'sqlite' }, async (stage) => {
  const { usher } = stage;
  const other = (await usher.api('POST', '/inboxes', { name: 'Not hers' })).data;
  const anna = await usher.person('Anna Agent', ['agent'], { memberRole: 'admin' });
  const ben = await usher.person('Ben Agent');
  await usher.api('POST', `/inboxes/${other.id}/members`, { userId: anna.id, role: 'agent' });
  const mine = await usher.defaultInbox();
  const { page } = await stage.signIn(anna);
  const sections = page.getByRole('navigation', { name: say('nav.settings') });

  await stage.step('set-up shows her inbox and nothing else', async () => {
    await page.getByRole('navigation', { name: say('nav.main') }).getByRole('link', { name: say('nav.settings') }).click();
    await page.getByRole('heading', { level: 1, name: say('settings.inboxes') }).waitFor();
    await page.getByRole('table').getByRole('link', { name: mine.name, exact: true }).waitFor();
    assert.deepEqual(await sections.getByRole('link').allTextContents(), [say('settings.inboxes')]);
    assert.equal(await page.getByRole('link', { name: 'Not hers' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: say('inboxes.create') }).count(), 0);
  });

  await stage.step('she changes it, and the role of a member', async () => {
    await page.getByRole('table').getByRole('link', { name: mine.name, exact: true }).click();
    await page.getByLabel(say('inboxes.name'), { exact: true }).fill('Front desk');
    await page.getByRole('button', { name: say('common.save'), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Front desk' }).waitFor();
    await page.getByRole('list', { name: say('inboxes.members') }).getByRole('listitem').filter({ hasText: ben.name }).getByRole('combobox').selectOption('viewer');
    await eventually('the other role', async () =>
      (await usher.api('GET', `/inboxes/${mine.id}/members`)).data.find((m) => m.userId === ben.id).role === 'viewer');
    assert.equal(await page.getByRole('button', { name: say('inboxes.delete') }).count(), 0);
  });

  await stage.step('another one and a new one are refused in words', async () => {
    for (const path of [other.id, 'new']) {
      await page.goto(`${usher.url}/settings/inboxes/${path}`);
      await page.getByRole('heading', { level: 1, name: say('error.forbidden') }).waitFor();
    }
  });

  await stage.step('who is no admin any more loses the page at once', async () => {
    await page.goto(`${usher.url}/settings/inboxes/${mine.id}`);
    await page.getByRole('heading', { level: 1, name: 'Front desk' }).waitFor();
    await page.waitForLoadState('networkidle');
    await usher.api('POST', `/inboxes/${mine.id}/members`, { userId: anna.id, role: 'agent' });
    await page.getByRole('heading', { level: 1, name: say('error.forbidden') }).waitFor();
  });
});

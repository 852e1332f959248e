// What a right allows, and what goes when it goes: an agent hands over their own conversation; a supervisor who becomes an
// agent keeps nothing on screen that an agent may not see.
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

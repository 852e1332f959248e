// What a page says when it cannot show what was asked for: no right, no server, gone, signed out.
import assert from 'node:assert/strict';
import { kDaemonAway, livechat, say, scenario } from './harness.mjs';

scenario('every page says why it shows nothing', { database: 'sqlite', accounts: (site) => [livechat(site)] }, async (stage) => {
  const { usher } = stage;
  const agent = await stage.signIn(await usher.person('Ann Agent'));
  const { page } = agent;
  const visitor = await stage.arrive();
  await visitor.open();
  await visitor.write('Is anybody there?');
  await page.goto(`${usher.url}/inbox/unassigned`);
  await agent.open('Is anybody there?');

  await stage.step('a page one has no right to says so, and leads back', async () => {
    for (const path of ['/settings/users', '/settings/roles', '/settings/plugins', '/settings/api-keys']) {
      await page.watch.during([/\b403\b/], async () => {
        await page.goto(usher.url + path);
        await page.getByText(say('error.forbidden')).waitFor();
      });
      assert.equal(await page.getByRole('navigation', { name: say('nav.main') }).isVisible(), true, path);
    }
  });

  await stage.step('an address that is none says so', async () => {
    await page.watch.during([/\b404\b/], async () => {
      await page.goto(`${usher.url}/no/such/page`);
      await page.getByRole('heading', { name: say('error.notfound') }).waitFor();
      await page.getByRole('link', { name: say('error.home') }).click();
      await page.waitForURL('**/inbox/**');
    });
  });

  await stage.step('without a server what is there stays, and what is not there says why', async () => {
    await page.goto(`${usher.url}/inbox/unassigned`);
    await agent.open('Is anybody there?');
    await page.watch.during(kDaemonAway, async () => {
      await visitor.page.watch.during(kDaemonAway, async () => {
        await usher.kill();
        await page.getByText(say('connection.down')).waitFor();
        assert.equal(await agent.entry('Is anybody there?').first().isVisible(), true);
        await page.getByRole('link', { name: say('nav.contacts') }).click();
        await page.getByRole('heading', { name: say('error.offline') }).waitFor();
        await usher.again();
        await page.getByText(say('connection.down')).waitFor({ state: 'detached', timeout: 40_000 });
      });
    });
    await page.goto(`${usher.url}/contacts`);
    await page.getByTestId('contact-row').first().waitFor();
  });

  await stage.step('a conversation that moves away says so where it was', async () => {
    await page.goto(`${usher.url}/inbox/unassigned`);
    await agent.open('Is anybody there?');
    await page.watch.during([/\b40[34]\b/], async () => {
      await usher.api('DELETE', `/inboxes/${(await usher.defaultInbox()).id}/members/${agent.person.id}`);
      await page.getByText(say('conversation.gone')).waitFor();
    });
    assert.equal(await agent.row('Is anybody there?').count(), 0);
  });

  await stage.step('who is shut out is led to the sign-in at once', async () => {
    await page.watch.during([/\b401\b/, /WebSocket connection to .* failed/], async () => {
      await usher.api('PATCH', `/users/${agent.person.id}`, { active: false });
      await page.waitForURL('**/login**');
    });
  });
});

// Availability that a supervisor changed: told with since when, and one click takes it back.
import assert from 'node:assert/strict';
import { Agent, eventually, livechat, say, scenario } from './harness.mjs';

const kSetting = {
  database: 'sqlite', accounts: (site) => [livechat(site)],
};

scenario('availability is not changed silently', kSetting, async (stage) => {
  const { usher } = stage;
  const anna = await usher.person('Anna Agent');
  const page = await stage.newPage(anna.name);
  const agent = new Agent(usher, anna, page);
  await agent.signIn();
  await agent.available();
  const notice = page.getByTestId('availability-notice');
  const back = notice.getByRole('button', { name: say('availability.back') });
  const state = async () => (await usher.api('GET', `/users/${anna.id}`)).data.availability.status;

  await stage.step('what I chose myself is not told, also after a reload', async () => {
    await page.reload();
    await page.getByRole('button', { name: `Availability: ${say('availability.available')}` }).waitFor();
    await page.getByText(say('list.empty.mine')).waitFor(); // read once the stream is open
    assert.equal(await back.count(), 0);
  });

  await stage.step('a supervisor makes me away: told at once, one click makes me available', async () => {
    await usher.api('PUT', `/users/${anna.id}/availability`, { status: 'away' });
    await notice.getByText(say('availability.changed')).waitFor();
    await back.click();
    await back.waitFor({ state: 'detached' });
    await eventually('being available again', async () => (await state()) === 'available');
    assert.ok(await page.getByTestId('availability').evaluate((node) => node === document.activeElement));
  });
});

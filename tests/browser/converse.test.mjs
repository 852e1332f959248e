// A visitor on a site of another origin and an agent in the workspace converse, through reloads and a killed daemon, and
// neither loses or doubles a word. On SQLite and on PostgreSQL.
// proves S0-33 S2-01 S2-09 S2-18 S2-27 S3-22 S3-27
import assert from 'node:assert/strict';
import { databases, eventually, kDaemonAway, kPicture, livechat, say, scenario } from './harness.mjs';

for (const database of databases) {
  const setting = { database, accounts: (site) => [livechat(site)], undoWindowSeconds: 4 };
  scenario(`a visitor and an agent converse on ${database}`, setting, async (stage) => {
    const { usher } = stage;
    const person = await usher.person('Anna Agent');
    const agent = await stage.signIn(person, { viewport: { width: 1440, height: 2400 } }); // all of it in view
    const visitor = await stage.arrive();
    const told = []; // every text that was sent and not taken back, in order

    await stage.step('the first message finds the available agent', async () => {
      await agent.available();
      await visitor.open();
      await visitor.write('Hello, is anybody there?');
      told.push('Hello, is anybody there?');
      await agent.row('Hello, is anybody there?').waitFor();
      await agent.open('Hello, is anybody there?');
      const [conversation] = (await usher.api('GET', '/conversations')).data;
      assert.deepEqual([conversation.assigneeId, conversation.status, conversation.channel], [person.id, 'active', 'livechat']);
    });
    const conversation = (await usher.api('GET', '/conversations')).data[0].id;

    await stage.step('the answer reaches the visitor once the undo window has passed', async () => {
      await agent.write('Yes! How can I help?');
      told.push('Yes! How can I help?');
      await visitor.sees('Yes! How can I help?');
    });

    await stage.step('a message that is undone never leaves', async () => {
      await agent.write('I can offer you ten per cnet');
      const entry = agent.entry('I can offer you ten per cnet');
      await entry.getByRole('button', { name: new RegExp(say('message.undo')) }).click();
      await eventually('the text to be back in the composer', async () =>
        (await agent.composer().inputValue()) === 'I can offer you ten per cnet');
      await agent.write('I can offer you ten per cent');
      told.push('I can offer you ten per cent');
      await visitor.sees('I can offer you ten per cent');
      assert.ok(!(await visitor.texts()).some((text) => text.includes('cnet')));
    });

    await stage.step('an attachment goes from the visitor to the agent', async () => {
      await visitor.attach('broken.png', 'image/png', kPicture);
      const picture = agent.page.getByTestId('timeline-entry').getByRole('button', { name: /broken\.png/ });
      await picture.waitFor();
      await eventually('the picture to be drawn', () => agent.page.locator('img[alt="broken.png"]').evaluate((img) => img.naturalWidth === 1));
      told.push('');
    });

    await stage.step('and from the agent to the visitor', async () => {
      await agent.attach('offer.txt', 'text/plain', Buffer.from('ten per cent'));
      await agent.write('Here it is in writing');
      told.push('Here it is in writing');
      await visitor.sees('Here it is in writing');
      const frame = await visitor.frame();
      const link = frame.locator('[data-part=message] a').filter({ hasText: 'offer.txt' });
      const got = await fetch(await link.evaluate((a) => a.href));
      assert.equal(await got.text(), 'ten per cent');
      assert.match(got.headers.get('content-disposition'), /^attachment/);
    });

    await stage.step('both reload in the middle and see the same', async () => {
      await visitor.page.reload();
      await visitor.sees('Here it is in writing');
      await agent.page.reload();
      await agent.entry('Here it is in writing').waitFor();
      await visitor.write('Thank you, I will read it');
      told.push('Thank you, I will read it');
      await agent.entry('Thank you, I will read it').waitFor();
    });

    await stage.step('the daemon is killed in the middle; what both write meanwhile arrives once', async () => {
      await agent.page.watch.during(kDaemonAway, () => visitor.page.watch.during(kDaemonAway, async () => {
        await usher.kill();
        await visitor.write('Are you still there?');
        await agent.write('A moment, please');
        await usher.again();
        await agent.entry('Are you still there?').waitFor({ timeout: 60_000 });
        await eventually('the visitor to get the answer', async () => (await visitor.texts()).includes('A moment, please'), 60_000);
      }));
      await visitor.write('Good, I am here too');
      await agent.entry('Good, I am here too').waitFor();
      // What was written during the break may stand in either order; the last one follows both.
      const stored = (await usher.messages(conversation)).map((message) => message.text);
      assert.deepEqual(stored.slice(0, told.length), told);
      assert.deepEqual(stored.slice(told.length, -1).sort(), ['A moment, please', 'Are you still there?']);
      assert.equal(stored.at(-1), 'Good, I am here too');
    });

    await stage.step('in the end all three tell the same story', async () => {
      const stored = (await usher.messages(conversation)).map((message) => message.text).filter(Boolean);
      await eventually('the agent to see it all', async () => {
        assert.deepEqual((await agent.texts()).filter(Boolean), stored);
        return true;
      });
      await eventually('the visitor to see it all', async () => {
        assert.deepEqual(await visitor.texts(), stored);
        return true;
      });
    });
  });
}

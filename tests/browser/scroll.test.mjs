// Reading back through a long conversation: older pages come in above, and the row under the eye stays where the wheel put it,
// in every frame.
import assert from 'node:assert/strict';
import { eventually, livechat, scenario } from './harness.mjs';

const kMessages = 240;
const kStep = 360; // px per turn
const kSlack = 2; // px: browsers round places

/** Texts of very different height, each with its number. */
const text = (number) => `Message ${number}. ${'Some words that fill a line or more of it. '.repeat((number * 7) % 23)}${'\nand a line'.repeat(number % 4)}`;

/** Runs in the page: turns it up and follows one row through every painted frame until nothing moves any more. */
async function follow({ step, still }) {
  const scroller = document.querySelector('[data-testid=timeline-scroller]');
  const box = scroller.getBoundingClientRect();
  const rows = () => [...scroller.querySelectorAll('[data-testid=timeline-entry]')];
  const nameOf = (row) => /Message \d+\./.exec(row.textContent)?.[0];
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(0);
  }));
  const under = rows().find((row) => nameOf(row) && row.getBoundingClientRect().bottom > box.top + box.height / 4);
  const watched = nameOf(under);
  const tops = [under.getBoundingClientRect().top];
  const room = scroller.scrollTop;
  if (step) scroller.scrollBy({ top: -step, behavior: 'instant' });
  for (let quiet = 0, frames = 0; quiet < still && frames < 120; frames++) {
    await painted();
    const row = rows().find((one) => nameOf(one) === watched);
    const top = row ? row.getBoundingClientRect().top : null;
    const moved = top !== tops.at(-1) || (!step && tops[0] === top && room > 0);
    quiet = moved || scroller.querySelector('[role=feed]').ariaBusy === 'true' ? 0 : quiet + 1;
    tops.push(top);
  }
  return { watched, tops, room, left: scroller.scrollTop };
}

scenario('the row under the eye stays when older pages come', { database: 'sqlite', accounts: (site) => [livechat(site)] }, async (stage) => {
  const { usher } = stage;
  const admin = await stage.signIn({ name: 'administrator', email: usher.adminEmail, password: usher.adminPassword });
  const { page } = admin;
  const visitor = await stage.arrive();
  await visitor.open();
  await visitor.write('Hello, is anybody there?');
  const [conversation] = await eventually('the conversation', async () => {
    const { data } = await usher.api('GET', '/conversations');
    return data.length > 0 && data;
  });
  for (let number = 1; number <= kMessages; number++) {
    await usher.api('POST', `/conversations/${conversation.id}/messages`, { text: text(number) });
  }

  let pages = 0;
  page.on('requestfinished', (request) => {
    if (/\/timeline\?.*before=/.test(request.url())) pages += 1;
  });
  const jumps = [];

  async function readBack(turnUp) {
    pages = 0;
    await page.goto(`${usher.url}/inbox/all/${conversation.id}`);
    await admin.entry(`Message ${kMessages}.`).waitFor();
    const scroller = page.getByTestId('timeline-scroller');
    await eventually('the end to be in view', () => scroller.evaluate((node) =>
      node.scrollHeight > 2 * node.clientHeight && node.scrollHeight - node.scrollTop - node.clientHeight < 80));
    await scroller.hover();
    for (let turn = 1; turn < 500; turn++) {
      const { watched, tops, room, left } = await turnUp();
      const [first] = tops;
      const told = (top, frame) => `${watched}, turn ${turn}, frame ${frame}: from ${first} to ${top}`;
      tops.forEach((top, frame) => {
        if (top === null || top < first - kSlack || top > first + kStep + kSlack) jumps.push(told(top, frame));
      });
      if (left <= 0) break;
      if (turnUp === exactly && room >= kStep && Math.abs(tops.at(-1) - first - kStep) > kSlack) jumps.push(told(tops.at(-1), 'last'));
    }
    assert.deepEqual(jumps, []);
    assert.ok(pages >= 4, `${pages} pages came`);
    await admin.entry('Hello, is anybody there?').waitFor();
  }
  const exactly = () => page.evaluate(follow, { step: kStep, still: 3 });
  const byWheel = async () => {
    const [seen] = await Promise.all([page.evaluate(follow, { step: 0, still: 6 }), page.mouse.wheel(0, -kStep)]);
    return seen;
  };
  await stage.step('in exact steps', () => readBack(exactly));
  // A page that comes in the middle of a wheel's glide may end the glide, but never turns it back or overshoots.
  await stage.step('with a wheel', () => readBack(byWheel));
});

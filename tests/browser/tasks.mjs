// How soon the pages of large executions open, and how long they keep a slow phone from its reader: node tasks.mjs, with BINARY
// and SCREENS as run.sh sets them. `tests/browser/run.sh PATH-TO-STEPWELL tasks` runs it. Prints for each page when its answer
// was there and when it was shown, and then, with a processor that is four times as slow, the longest tasks of the page while
// it opens and while it follows: by the processor's time, which other work on the machine disturbs least. Nothing is asserted.
import { LARGE } from './large.mjs';
import { stage } from './stage.mjs';

const SLOWER = 4;
const [width, height] = [390, 844];
// What a page does after it is shown, such as to lay out a picture.
const OPENS = 3_000;
const FOLLOWS = 8_000;

/** The longest tasks of the page's main thread, by the processor's time, and what the longest of them did. */
function longest(events) {
  const threads = events.filter((one) => one.name === 'thread_name' && one.args.name === 'CrRendererMain').map((one) => `${one.pid}:${one.tid}`);
  const own = events.filter((one) => threads.includes(`${one.pid}:${one.tid}`) && one.tdur !== undefined);
  const tasks = own.filter((one) => /RunTask$/.test(one.name)).sort((a, b) => b.tdur - a.tdur).slice(0, 6);
  const [most] = tasks;
  const inside = own.filter((one) => one !== most && one.tid === most.tid && one.ts >= most.ts && one.ts < most.ts + most.dur && one.tdur > 8_000);
  return `${tasks.map((one) => Math.round(one.tdur / 1000)).join(' ')} ms (${inside.map((one) => `${one.name} ${Math.round(one.tdur / 1000)}`).join(', ')})`;
}

/** What a page does while something is done with it. */
async function during(session, act) {
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] } });
  await act();
  const over = new Promise((done) => { session.once('Tracing.tracingComplete', done); });
  await session.send('Tracing.end');
  await over;
  session.removeAllListeners('Tracing.dataCollected');
  return longest(events);
}

/** When the answer was there, when something was shown, and when all of it was. */
const times = (page) => page.evaluate(async () => {
  await new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 50)); });
  const { requestStart, responseEnd, loadEventEnd, transferSize } = performance.getEntriesByType('navigation')[0];
  const shown = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN;
  const told = [`answered after ${Math.round(responseEnd - requestStart)} ms`, `shown after ${Math.round(shown)} ms`, `whole after ${Math.round(loadEventEnd)} ms`];
  return `${told.join(', ')}, ${Math.round(transferSize / 1024)} KB, ${document.querySelectorAll('*').length} elements`;
});

const world = await stage();
try {
  for (const [name, make] of Object.entries(LARGE)) {
    for (const path of await make(world.call)) {
      await world.onPage({ viewport: { width, height }, reducedMotion: 'reduce' }, async (page) => {
        await page.goto(world.url + path);
        console.log(`${name}, ${path.replace(/[0-9a-f-]{36}/, 'ID')}: ${await times(page)}`);
        const session = await page.context().newCDPSession(page);
        await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
        console.log(`  opens: ${await during(session, async () => {
          await page.reload();
          await page.waitForTimeout(OPENS);
        })}`);
        if (await page.locator('[data-live]').count() > 0) console.log(`  follows: ${await during(session, () => page.waitForTimeout(FOLLOWS))}`);
      });
    }
  }
} finally {
  await world.end();
}

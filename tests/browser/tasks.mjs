// How long the page of an execution of 300 nodes keeps a slow phone from its reader: node tasks.mjs, with BINARY and SCREENS
// as run.sh sets them. `tests/browser/run.sh PATH-TO-STEPWELL tasks` runs it. Prints the longest tasks of the page while it
// opens, and while it follows: by the processor's time, which other work on the machine disturbs least. Nothing is asserted.
import { stage } from './stage.mjs';

const SLOWER = 4;
const [width, height] = [390, 844];
const nodes = [{ id: 'start', type: 'manual_trigger' }];
const edges = [];
const STEPS = 296;
// A long chain whose nodes run one after another, beside a loop that goes round: all nodes are drawn, and some change.
for (let at = 0; at < STEPS; at += 1) {
  nodes.push({ id: `step${at}`, name: `Step ${at} of many`, type: at % 10 === 5 ? 'wait' : 'transform', config: at % 10 === 5 ? { seconds: 0.4 } : { set: { step: at } } });
  edges.push({ from: at === 0 ? 'start' : `step${at - 1}`, to: `step${at}` });
}
nodes.push({ id: 'each', type: 'loop', config: { while: 'loop.iteration < 400', max_iterations: 400 } }, { id: 'tick', type: 'wait', config: { seconds: 0.05 } }, { id: 'end', type: 'succeed', join: 'any' });
edges.push({ from: 'start', to: 'each' }, { from: 'each', to: 'tick', port: 'loop' }, { from: 'tick', to: 'each' }, { from: 'each', to: 'end', port: 'done' }, { from: `step${STEPS - 1}`, to: 'end' });

/** Prints the longest tasks of the page's main thread, by the processor's time, and what the longest of them did. */
function told(name, events) {
  const threads = events.filter((one) => one.name === 'thread_name' && one.args.name === 'CrRendererMain').map((one) => `${one.pid}:${one.tid}`);
  const own = events.filter((one) => threads.includes(`${one.pid}:${one.tid}`) && one.tdur !== undefined);
  const tasks = own.filter((one) => /RunTask$/.test(one.name)).sort((a, b) => b.tdur - a.tdur).slice(0, 6);
  console.log(`${name}: the longest tasks take ${tasks.map((one) => Math.round(one.tdur / 1000)).join(' ')} ms`);
  for (const task of tasks.slice(0, 3)) {
    const inside = own.filter((one) => one !== task && one.tid === task.tid && one.ts >= task.ts && one.ts < task.ts + task.dur && one.tdur > 8_000);
    console.log(`  ${inside.map((one) => `${one.name} ${Math.round(one.tdur / 1000)}`).join(', ')}`);
  }
}

const world = await stage();
try {
  const { execution_id: id } = await world.call('POST', '/v1/executions', { workflow: { id: 'many', nodes, edges }, input: {} });
  await world.onPage({ viewport: { width, height }, reducedMotion: 'reduce' }, async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    const during = async (name, act) => {
      const events = [];
      session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
      await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] } });
      await act();
      const over = new Promise((done) => session.once('Tracing.tracingComplete', done));
      await session.send('Tracing.end');
      await over;
      session.removeAllListeners('Tracing.dataCollected');
      told(name, events);
    };
    await during('opens', async () => {
      await page.goto(`${world.url}/executions/${id}?fold=each`);
      await page.waitForTimeout(3_000);
    });
    await during('follows', () => page.waitForTimeout(8_000));
    console.log(`${await page.locator('svg.flow .node').count()} nodes, ${(await page.content()).length} characters, ${await page.evaluate(() => document.querySelectorAll('*').length)} elements`);
  });
} finally {
  await world.end();
}

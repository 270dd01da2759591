// The page of an execution, as people use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANN, stage, VIEWS } from './stage.mjs';

let world;
before(async () => {
  world = await stage();
});
after(() => world?.end());

const BOOKING = {
  id: 'booking', name: 'Book a trip',
  nodes: [
    { id: 'start', type: 'manual_trigger' },
    { id: 'reserve', name: 'Reserve the seat', type: 'transform', config: { set: { seat: '12A' } }, compensate: { type: 'transform', config: { set: { freed: '{{ output.seat }}' } } } },
    { id: 'each', name: 'Each traveller', type: 'loop', config: { for_each: 'input.travellers' } },
    { id: 'greet', type: 'transform', config: { set: { text: 'Hello {{ item }}' } } },
    { id: 'ask', name: 'Ask the boss', type: 'human', config: { kind: 'approval', question: 'Really go?', assignees: [ANN] } },
    { id: 'pay', type: 'transform', config: { set: { paid: true } } },
    { id: 'end', type: 'succeed', join: 'any' },
  ],
  edges: [
    { from: 'start', to: 'reserve' }, { from: 'reserve', to: 'each' }, { from: 'each', to: 'greet', port: 'loop' }, { from: 'greet', to: 'each' },
    { from: 'each', to: 'ask', port: 'done' }, { from: 'ask', to: 'pay', port: 'approved' }, { from: 'ask', to: 'end', port: 'rejected' }, { from: 'pay', to: 'end' },
  ],
};

const TICKER = {
  id: 'ticker', name: 'Ticker',
  nodes: [
    { id: 'start', type: 'manual_trigger' }, { id: 'each', type: 'loop', config: { while: 'loop.iteration < 40', max_iterations: 40 } },
    { id: 'tick', type: 'wait', config: { seconds: 0.1 } }, { id: 'end', type: 'succeed' },
  ],
  edges: [{ from: 'start', to: 'each' }, { from: 'each', to: 'tick', port: 'loop' }, { from: 'tick', to: 'each' }, { from: 'each', to: 'end', port: 'done' }],
};

const started = async (workflow, input = { travellers: ['Ann', 'Ben', 'Chris'] }, wait = 20) => {
  const { execution_id: id } = await world.call('POST', `/v1/executions?wait=${wait}`, { workflow, input });
  return { id, url: `${world.url}/executions/${id}`, told: () => world.call('GET', `/v1/executions/${id}`) };
};
/** Waits until the page shows a status; without a script by loading it again, as a person would. */
const shows = async (page, view, status) => {
  const there = page.locator(`#head .status.${status}`);
  for (let looks = 0; !view.script && looks < 50 && await there.count() === 0; looks += 1) {
    await new Promise((done) => setTimeout(done, 200));
    await page.reload();
  }
  await there.waitFor();
};
const clean = async (page, view) => view.script && assert.deepEqual(await world.serious(page), []);

test('an execution is read: picture, node, timeline, journal, and as it was', async () => {
  await world.inViews('execution', async (page, look, view) => {
    const { id, url } = await started(BOOKING);
    await page.goto(url);
    await page.getByRole('heading', { name: 'Book a trip' }).waitFor();
    await look('now');
    await clean(page, view);
    // On a wide screen the picture stands beside what waits, and the journal right below the timeline, however long the other is.
    const edges = (of) => page.locator(of).evaluate((one) => { const { left, right, top, bottom } = one.getBoundingClientRect(); return { left, right, top, bottom }; });
    const [picture, asks, time, journal] = [await edges('#picture'), await edges('#questions'), await edges('#timeline'), await edges('#journal')];
    if (view.size[0] > 1024) {
      assert.ok(asks.left > picture.right && asks.top === picture.top, JSON.stringify({ picture, asks }));
      assert.ok(journal.left === time.left && journal.top - time.bottom < 40, JSON.stringify({ time, journal }));
    } else {
      assert.ok(asks.bottom < picture.top && picture.bottom < journal.top, JSON.stringify({ picture, asks, journal }));
    }
    // The node that waits is in sight, and texts of the picture are read.
    const [frame, begins, waits] = [await edges('.picture .pane'), await edges('#node-start'), await edges('#node-ask')];
    assert.ok(begins.top >= frame.top, JSON.stringify({ frame, begins }));
    assert.ok(waits.top >= frame.top && waits.bottom <= frame.bottom && waits.left >= frame.left && waits.right <= frame.right, JSON.stringify({ frame, waits }));
    const letters = await page.locator('svg.flow').evaluate((drawing) => 12.5 * drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width);
    assert.ok(letters >= (view.script ? 10.7 : 7.5), `${letters}`);
    // Each name of the timeline stands beside its bar, or above it.
    const middle = (of) => page.locator(of).evaluateAll((all) => all.map((one) => { const box = one.getBoundingClientRect(); return box.top + box.height / 2; }));
    const [names, bars] = [await middle('.timeline .names li:not(.axis) bdi'), await middle('.timeline .bars .bar:not(.exact)')];
    const below = view.size[0] > 640 ? 0 : 20;
    for (const name of names) assert.ok(bars.some((bar) => Math.abs(bar - name - below) < 8), `${name} is beside none of ${bars}`);
    assert.match(await page.locator('#node-ask').getAttribute('class'), /waiting_human/);
    await page.getByRole('link', { name: /Reserve the seat \(transform\)/ }).click();
    await page.getByRole('heading', { name: 'Node Reserve the seat' }).waitFor();
    assert.match(await page.locator('#node').textContent(), /seat: 12A/);
    await look('node');
    await clean(page, view);
    // Back in time, by the slider where there is a script, else by the journal.
    if (view.script) {
      await page.locator('#at').focus();
      for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
      await page.locator('#head .then').waitFor();
      await page.waitForURL(/at=/);
    } else {
      await page.locator('#journal a', { hasText: /^2$/ }).click();
    }
    assert.match(await page.locator('#head').textContent(), /At checkpoint/);
    await look('then');
    await clean(page, view);
    await page.getByRole('link', { name: 'Back to now' }).first().click();
    await page.locator('#node-ask.waiting_human').waitFor();
    assert.equal(await page.locator('#head .then').count(), 0);
    await page.getByRole('link', { name: 'fold Each traveller' }).click();
    await page.getByRole('link', { name: 'open Each traveller' }).waitFor();
    assert.equal(await page.locator('#node-greet').count(), 0);
    assert.equal((await world.call('GET', `/v1/executions/${id}`)).status, 'waiting_human', 'looking changes nothing');
  });
});

test('an execution is controlled, and each thing says before what comes of it', async () => {
  await world.inViews('controls', async (page, look, view) => {
    const { url, told } = await started(BOOKING);
    await page.goto(url);
    await page.getByRole('link', { name: 'Pause' }).click();
    await page.getByLabel('Reason').fill('lunch');
    await look('pause');
    await clean(page, view);
    await page.getByRole('button', { name: 'Pause' }).click();
    await shows(page, view, 'paused');
    await page.getByRole('link', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await shows(page, view, 'waiting_human');
    // Back to a checkpoint: what would be undone stands there before it is done.
    await page.getByRole('link', { name: 'Roll back' }).click();
    await look('checkpoints');
    await page.getByLabel('Checkpoint').fill('1');
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByText(/1 thing is undone/).waitFor();
    await look('rollback');
    await clean(page, view);
    // Without its tick nothing is undone, and nothing else is said.
    const tick = page.getByLabel('Undo what nodes did outside');
    await tick.uncheck();
    assert.equal(await page.getByText(/1 thing is undone/).isVisible(), false);
    await tick.check();
    await page.getByRole('button', { name: 'Roll back' }).click();
    await shows(page, view, 'waiting_human');
    assert.match(await page.locator('#journal').textContent(), /Went back to checkpoint 1/);
    assert.equal(await page.locator('#timeline .bars .bar.undo:not(.exact)').count(), 1, 'what was undone has a bar');
    // A change of the workflow that cannot be, and one that can.
    await page.getByRole('link', { name: 'Change the workflow' }).click();
    const editor = page.getByLabel('The workflow of this execution');
    const document = await editor.inputValue();
    await editor.fill(document.replaceAll('"reserve"', '"book"'));
    await page.getByRole('button', { name: 'Change the workflow' }).click();
    await page.getByRole('heading', { name: 'This was not done' }).waitFor();
    assert.match(await page.locator('#node-reserve').getAttribute('class'), /refused/);
    await look('patch-refused');
    await clean(page, view);
    // What is wrong is marked at its line, and the way there is a link.
    const unknown = document.replace('"human"', '"humann"');
    await editor.fill(unknown);
    await page.getByRole('button', { name: 'Check only' }).click();
    const line = unknown.split('\n').findIndex((text) => text.includes('"humann"')) + 1;
    await page.locator(`.problems li[data-line="${line}"]`).waitFor();
    if (view.script) {
      assert.equal(await page.locator('.marks .error').count(), 1);
      await page.locator(`[data-goto="${line}"]`).click();
      assert.match(await page.evaluate(() => { const area = window.document.activeElement; return area.value.slice(area.selectionStart, area.selectionEnd); }), /humann/);
    }
    await look('patch-wrong');
    await clean(page, view);
    await editor.fill(document.replace('"paid"', '"settled"'));
    await page.getByRole('button', { name: 'Check only' }).click();
    await page.getByText('This is possible.').waitFor();
    await page.getByRole('button', { name: 'Change the workflow' }).click();
    await page.getByText(/changed since/).waitFor();
    // Run a node again, fork, cancel.
    await page.getByRole('link', { name: /Ask the boss \(human\)/ }).click();
    await page.getByRole('link', { name: 'Run again from here' }).click();
    await page.getByLabel('Input').waitFor();
    await look('backtrack');
    await clean(page, view);
    await page.getByRole('button', { name: 'Go back and run it again' }).click();
    await shows(page, view, 'waiting_human');
    await page.getByRole('link', { name: 'Fork' }).click();
    await page.getByRole('link', { name: /^(Checkpoint )?2$/ }).click();
    await page.getByRole('heading', { name: 'Fork at checkpoint 2?' }).waitFor();
    await look('fork');
    await clean(page, view);
    await page.goto(url);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the execution' }).click();
    await shows(page, view, 'cancelled');
    assert.equal((await told()).status, 'cancelled');
    await look('cancelled');
    await clean(page, view);
  });
});

test('what comes too late is refused beside its button, with what can be asked instead', async () => {
  await world.inViews('late', async (page, look, view) => {
    const { id, url } = await started(BOOKING);
    await page.goto(`${url}/pause`);
    await page.getByLabel('Reason').fill('over lunch');
    // Somebody else is first.
    await world.call('POST', `/v1/executions/${id}/cancel`, {});
    await page.getByRole('button', { name: 'Pause' }).click();
    const told = page.locator('.confirm [role=alert]');
    await told.getByRole('heading', { name: 'This was not done' }).waitFor();
    assert.match(await page.locator('.confirm').textContent(), /over lunch/);
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0, 'what can only fail again is not offered');
    if (view.script) assert.ok(await told.evaluate((one) => one === document.activeElement));
    await look('refused');
    await clean(page, view);
    await told.getByRole('link', { name: 'Retry' }).click();
    await page.getByRole('heading', { name: 'Retry this execution?' }).waitFor();
  }, [VIEWS[0], VIEWS[2], VIEWS[3]]);
});

test('what failed is retried, and what is stuck finds its way out', async () => {
  const failing = structuredClone(BOOKING);
  failing.nodes[5] = { id: 'pay', type: 'fail', config: { message: 'no money' } };
  failing.edges = failing.edges.filter((edge) => edge.from !== 'pay');
  const stuck = structuredClone(BOOKING);
  stuck.nodes[1].compensate.config.set.freed = '{{ output.seat.of.nobody }}';
  await world.inViews('ways-out', async (page, look, view) => {
    const failed = await started(failing);
    const { items } = await world.call('GET', `/v1/interactions?execution_id=${failed.id}`);
    await world.call('POST', `/v1/interactions/${items[0].interaction_id}/respond`, { approved: true });
    await page.goto(failed.url);
    await shows(page, view, 'failed');
    await look('failed');
    await clean(page, view);
    await page.getByRole('link', { name: 'Retry' }).click();
    await look('retry');
    await clean(page, view);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('#journal', { hasText: /Retried/ }).waitFor();
    const { url } = await started(stuck);
    await page.goto(`${url}/rollback?to=1`);
    await page.getByRole('button', { name: 'Roll back' }).click();
    await shows(page, view, 'stuck');
    await page.getByRole('link', { name: 'Unstick' }).click();
    assert.equal(await page.getByText('Send the messages again').count(), 0, 'there is no message to be sent again');
    await page.getByLabel('Go on without undoing it').check();
    await look('unstick');
    await clean(page, view);
    await page.getByRole('button', { name: 'Unstick' }).click();
    await shows(page, view, 'waiting_human');
  });
});

test('a page follows its execution while it runs, and keeps what was unfolded and where the focus is', async () => {
  await world.inViews('live', async (page, look) => {
    const { url } = await started(TICKER, {}, 0);
    let asked = 0;
    page.on('request', (request) => { asked += /\/live\?/.test(request.url()) ? 1 : 0; });
    await page.goto(url);
    const begun = Date.now();
    await page.getByRole('link', { name: /tick \(wait\)/ }).focus();
    await page.locator('#head .status.completed').waitFor({ timeout: 30_000 });
    await look('ended');
    assert.match(await page.locator('#node-each').textContent(), /40/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'node-tick');
    assert.ok(asked <= 2 + (Date.now() - begun) / 500, `${asked} questions in ${Date.now() - begun} ms`);
    assert.ok(asked >= 2, `${asked}`);
    assert.match(await page.locator('[data-told]').textContent(), /Completed/);
  }, [VIEWS[0], VIEWS[3]]);
});

test('the picture of an open page is drawn anew after a change that leaves its size', async () => {
  await world.onPage({ viewport: { width: 1280, height: 800 } }, async (page) => {
    const { id, url } = await started(BOOKING);
    await page.goto(url);
    await page.locator('#node-pay').waitFor();
    const size = () => page.locator('svg.flow').getAttribute('viewBox');
    const before = await size();
    const operations = [['/nodes/5/id', 'pax'], ['/edges/5/to', 'pax'], ['/edges/7/from', 'pax']].map(([path, value]) => ({ op: 'replace', path, value }));
    await world.call('POST', `/v1/executions/${id}/patch`, { operations });
    await page.locator('#node-pax').waitFor();
    assert.deepEqual([await page.locator('#node-pay').count(), await size()], [0, before]);
    // Whoever slides to before the change sees the picture of then.
    await page.locator('#at').focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('#node-pay').waitFor();
    assert.equal(await page.locator('#node-pax').count(), 0);
  });
});

test('page and slider show the same checkpoint, whatever answers come late', async () => {
  await world.onPage({ viewport: { width: 1280, height: 800 } }, async (page) => {
    // Answers about how it is now that the host is too busy for, or that lie in wait, stand for those of many open pages.
    await page.addInitScript(() => {
      const ask = window.fetch;
      window.fetch = async (address, ...rest) => {
        if (!/\/live\?/.test(address) || /[?&]at=/.test(address)) return ask(address, ...rest);
        window.asked = (window.asked ?? 0) + 1;
        if (window.busy) return new Response(null, { status: 204 });
        const answer = await ask(address, ...rest);
        if (window.holds) await new Promise((done) => { window.release = done; });
        return answer;
      };
    });
    const slow = structuredClone(TICKER);
    Object.assign(slow.nodes[1].config, { while: 'true', max_iterations: 1_000 });
    const { id, url } = await started(slow, {}, 0);
    const back = () => page.evaluate(() => {
      const slider = document.getElementById('at');
      slider.stepDown(2);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      window.release?.();
      return slider.value;
    });
    const seen = () => page.evaluate(() => [
      new URLSearchParams(location.search).get('at'), document.getElementById('at').value,
      document.querySelector('#travel output').textContent.split(' ')[0], document.querySelector('#head .then')?.textContent.match(/[0-9]+/)[0],
    ]);
    // The page is told to ask again, and its reader travels before it does.
    await page.goto(url);
    await page.evaluate(() => { window.busy = true; });
    await page.waitForFunction(() => window.asked > 1);
    const first = await back();
    await page.waitForURL(/at=/);
    await page.evaluate(() => { window.busy = false; });
    await page.waitForTimeout(2_000);
    assert.deepEqual(await seen(), [first, first, first, first]);
    // An answer about now arrives just after the slider was moved.
    await page.goto(url);
    await page.evaluate(() => { window.holds = true; });
    await page.waitForFunction(() => window.release);
    const second = await back();
    await page.waitForURL(/at=/);
    assert.deepEqual(await seen(), [second, second, second, second]);
    // Back at now it follows again; who travels while the host is away gets there once it is back.
    await page.getByRole('link', { name: 'Back to now' }).first().click();
    await page.waitForFunction(() => window.asked > 2);
    await page.context().setOffline(true);
    const third = await back();
    await page.waitForTimeout(300);
    await page.context().setOffline(false);
    await page.waitForURL(/at=/);
    assert.deepEqual(await seen(), [third, third, third, third]);
    // Behind another page it asks for nothing, so that its connection is free, and in front again it follows again.
    await page.getByRole('link', { name: 'Back to now' }).first().click();
    const stands = () => page.evaluate(() => Number(document.getElementById('at').max));
    const turnAround = (hidden) => page.evaluate((is) => {
      Object.defineProperty(document, 'hidden', { value: is, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/events?'));
    await turnAround(true);
    await ended;
    await page.waitForTimeout(700);
    const before = await stands();
    await turnAround(false);
    await page.waitForFunction((was) => Number(document.getElementById('at').max) > was + 10, before);
    await world.call('POST', `/v1/executions/${id}/cancel`, {});
  });
});

test('what is confirmed is what was shown, or it is shown anew', async () => {
  const charged = structuredClone(BOOKING);
  charged.nodes[5].compensate = { type: 'transform', config: { set: { paid: false } } };
  await world.inViews('confirmed', async (page, look, view) => {
    const { id, url, told } = await started(charged);
    await page.goto(`${url}/rollback?to=${(await told()).checkpoint}`);
    await page.getByText('nothing is undone').waitFor();
    await page.getByLabel('Reason').fill('a slip');
    // Somebody says yes meanwhile, and it is paid.
    const { items } = await world.call('GET', `/v1/interactions?execution_id=${id}`);
    await world.call('POST', `/v1/interactions/${items[0].interaction_id}/respond`, { approved: true });
    for (let looks = 0; looks < 100 && (await told()).status !== 'completed'; looks += 1) await new Promise((done) => setTimeout(done, 50));
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('heading', { name: 'This was not done' }).waitFor();
    await page.getByText(/1 thing is undone/).waitFor();
    assert.equal(await page.getByLabel('Reason').inputValue(), 'a slip');
    assert.equal((await told()).status, 'completed');
    await look('anew');
    await clean(page, view);
    await page.getByRole('button', { name: 'Roll back' }).click();
    await shows(page, view, 'waiting_human');
  }, [VIEWS[0], VIEWS[2]]);
});

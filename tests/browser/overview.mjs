// The first page: what a first visit says, what needs somebody first, and that it keeps itself up to date.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, stage } from './stage.mjs';

let world;
before(async () => { world = await stage(); });
after(() => world.end());

const FAILING = {
  id: 'fetch-prices',
  nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'fetch', type: 'http_request', config: { url: 'http://127.0.0.1:1/' } }],
  edges: [{ from: 'start', to: 'fetch' }],
};

test('a first visit says what to do', async () => {
  await world.inViews('overview', async (page, look, view) => {
    await page.goto(world.url);
    await page.getByRole('heading', { name: 'Nothing has run yet' }).waitFor();
    await look('first');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    assert.match(await page.getByRole('main').getByRole('link', { name: 'Start from an example' }).getAttribute('href'), /new$/);
  });
});

test('what needs somebody comes first, and leads there', async () => {
  await world.call('POST', '/v1/executions?wait=20', { workflow: FAILING, input: {} });
  const question = await world.question({ kind: 'approval', question: 'May the catalogue go out?', timeout_seconds: 7200 });
  // The figures of the first visit are shown for some seconds.
  await new Promise((done) => setTimeout(done, 5500));
  await world.inViews('overview', async (page, look, view) => {
    await page.goto(world.url);
    const urgent = await page.getByRole('heading', { level: 2 }).allTextContents();
    assert.deepEqual(urgent.slice(0, 3), ['Waiting for you', 'Failed in the last 24 hours', 'Executions']);
    await look('busy');
    await page.getByText(/^Queue: /).waitFor();
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByText('As a table').click();
    await page.getByRole('columnheader', { name: 'Started' }).waitFor();
    await page.getByRole('link', { name: '1 Failed' }).click();
    await page.getByRole('link', { name: 'fetch-prices' }).first().waitFor();
    await page.goto(world.url);
    await page.getByRole('link', { name: 'May the catalogue go out?' }).click();
    await page.getByRole('heading', { level: 1, name: 'May the catalogue go out?' }).waitFor();
  });
  assert.equal((await question.asked()).status, 'pending', 'whoever looks decides nothing');
});

test('it keeps itself up to date, and leaves the keyboard where it is', async () => {
  await world.inViews('overview', async (page) => {
    await page.goto(world.url);
    await world.question({ kind: 'ask', question: 'A new one?', timeout_seconds: 60 });
    await page.getByRole('link', { name: 'A new one?' }).waitFor({ timeout: 15_000 });
    assert.match(await page.locator('time').first().getAttribute('title'), /UTC$/);
  }, [VIEWS[0]]);
});
